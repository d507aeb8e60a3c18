/** Who is signed in, and out again: on every page. */

import { post } from "./api.js";

document.getElementById("signout")?.addEventListener("click", async () => {
  await post("/signout").catch(() => null);
  location.assign("/signin");
});
