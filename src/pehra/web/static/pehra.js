// The extras: every page works without this file.
// "/" goes to the search box; Escape closes an open menu; a menu closes when another opens.
// Letters are short cuts unless they were turned off (WCAG 2.1.4); "?" lists them.

const editable = (element) => element.closest("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;
const lettersOn = document.documentElement.dataset.keys !== "off";
const all = (selector) => [...document.querySelectorAll(selector)];

// Rows: the list, or else the first table that leads somewhere.
const rows = () => all("main tbody tr").filter((row) => row.querySelector("a.row__main, a[href]"));
const link = (row) => row.querySelector("a.row__main") ?? row.querySelector("a[href]");
const current = () => document.activeElement?.closest("main tbody tr") ?? null;

function move(step) {
  const list = rows();
  const at = list.indexOf(current());
  const next = at === -1 ? (step > 0 ? 0 : list.length - 1) : at + step;
  const row = list[next];
  if (row === undefined) return;
  link(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function tick() {
  const box = current()?.querySelector("input[name=number]");
  if (box) {
    box.checked = !box.checked;
    count();
  }
}

function give() {
  const form = document.querySelector("#ticked");
  if (form === null) {
    document.querySelector("[data-act]")?.click();
    return;
  }
  if (document.querySelector("input[name=number]:checked") === null) tick();
  if (document.querySelector("input[name=number]:checked") === null) return;
  const act = Object.assign(document.createElement("input"), { type: "hidden", name: "act", value: "assign" });
  form.append(act);
  form.requestSubmit();
}

function count() {
  const place = document.querySelector("[data-ticked]");
  const ticked = document.querySelectorAll("input[name=number]:checked").length;
  if (place) place.textContent = ticked ? ` (${ticked})` : "";
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: () => current() && link(current()).click(),
  x: tick,
  e: give,
  "?": () => document.querySelector("#keys")?.showModal(),
};

let gone = 0; // when "g" was pressed
const patience = 1500; // milliseconds

function go(key) {
  if (key === "d") location.assign("/");
  else document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
}

// A page's own keys: what opens is opened, and its first field takes the next letters.
function press(key) {
  const place = document.querySelector(`[data-press="${CSS.escape(key)}"]`);
  if (place === null) return false;
  place.click();
  place.parentElement.querySelector("input:not([type=hidden]), textarea")?.focus();
  return true;
}

function search() {
  const box = document.querySelector("[data-search]");
  if (box === null) return false;
  box.focus();
  box.select();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (!lettersOn || editable(event.target) || event.target.closest("dialog")) return;
  if (event.timeStamp - gone < patience) {
    gone = -patience;
    event.preventDefault();
    go(event.key);
  } else if (event.key === "g") {
    gone = event.timeStamp;
  } else if (event.key === "/") {
    if (search()) event.preventDefault();
  } else if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  } else if (press(event.key)) {
    event.preventDefault();
  }
});
gone = -patience;

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
});

document.addEventListener("change", (event) => {
  if (event.target.name === "number") count();
});
