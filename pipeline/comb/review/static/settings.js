/** What a person has chosen for the reading page, kept in this browser. */

const GOES_ON = "comb:goes-on";

/** Whether the next suggestion comes after a changed code or valence, too, as it does after accepting. */
export const goesOn = () => localStorage.getItem(GOES_ON) === "1";

/** @param {boolean} on */
export function setGoesOn(on) {
  if (on) localStorage.setItem(GOES_ON, "1");
  else localStorage.removeItem(GOES_ON);
}
