/** Light or dark: as the system says, unless the reader chooses. */
import { computed, effect, signal } from "@preact/signals";

export const THEMES = /** @type {const} */ (["system", "light", "dark"]);
const KEY = "logsweep.theme";
const system = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** What the reader chose. @type {import("@preact/signals").Signal<"system" | "light" | "dark">} */
export const theme = signal(/** @type {any} */ (globalThis.localStorage?.getItem(KEY) ?? "system"));
const systemIsDark = signal(system?.matches ?? false);
system?.addEventListener("change", (event) => (systemIsDark.value = event.matches));

/** Whether the page is dark now. */
export const dark = computed(() => (theme.value === "system" ? systemIsDark.value : theme.value === "dark"));

effect(() => {
  if (!globalThis.document) return;
  localStorage.setItem(KEY, theme.value);
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});

/** The value of a colour of css/tokens.css as it is now, for canvases. @param {string} name such as "accent" */
export function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
