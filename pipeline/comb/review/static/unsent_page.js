/** At an address where the page was served before: send what the browser keeps for it, then go on. */

import { element } from "./dom.js";
import { sendKept } from "./send_kept.js";

const { left } = await sendKept();
if (!left) location.replace(element("unsent").dataset.onward ?? "/");
