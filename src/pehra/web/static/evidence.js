// Evidence by pieces: what is durable stays when the line breaks, and the upload goes on from there.
// Without this file the form sends the whole file at once.

const form = document.querySelector("form[data-evidence]");

// What was typed is of the nation's zone, wherever this browser is.
function inZone(text) {
  const shape = new Intl.DateTimeFormat("en", { timeZone: form.dataset.zone, timeZoneName: "longOffset" });
  const name = shape.formatToParts(new Date(`${text}Z`)).find((part) => part.type === "timeZoneName").value;
  return `${text}:00${name.replace("GMT", "") || "+00:00"}`;
}

function told() {
  const fields = new FormData(form);
  const file = form.elements.file.files[0];
  const text = (name) => String(fields.get(name) ?? "").trim();
  return {
    case: Number(text("case")), name: file.name, size: file.size, source: text("source"),
    collector: text("collector"), acquired_at: inZone(text("acquired_at")),
    clock_offset_seconds: text("clock_offset_seconds") === "" ? null : Number(text("clock_offset_seconds")),
    order: text("order"), tool: text("tool"), tool_version: text("tool_version"),
    note: text("note"), harmful: fields.has("harmful"),
  };
}

async function ask(method, path, body, kind) {
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  if (kind) headers["Content-Type"] = kind;
  const answer = await fetch(form.dataset.evidence + path, { method, headers, body });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function show(item) {
  const place = form.querySelector("[data-progress]");
  const share = item.size ? item.received / item.size : 1;
  place.hidden = false;
  place.querySelector("progress").value = share;
  place.querySelector("output").textContent = `${Math.floor(share * 100)} %`;
}

// The number of an item that broke off, by what says which file it is.
const mark = (file) => `evidence:${form.elements.case.value}:${file.name}:${file.size}:${file.lastModified}`;

async function begun(file) {
  const number = sessionStorage.getItem(mark(file));
  if (number !== null) {
    try {
      const item = await ask("GET", `/${number}`);
      if (item.state === "coming") return item;
    } catch {
      sessionStorage.removeItem(mark(file));
    }
  }
  const item = await ask("POST", "", JSON.stringify(told()), "application/json");
  sessionStorage.setItem(mark(file), String(item.id));
  return item;
}

async function send(file) {
  let item = await begun(file);
  const most = 4 * item.piece;
  while (item.received < item.size) {
    show(item);
    const part = file.slice(item.received, Math.min(item.size, item.received + most));
    item = await ask("PUT", `/${item.id}/pieces?offset=${item.received}`, part, "application/octet-stream");
  }
  show(item);
  await ask("POST", `/${item.id}/close`);
  sessionStorage.removeItem(mark(file));
  location.assign(`/evidence/${item.id}/`);
}

form?.addEventListener("submit", async (event) => {
  const file = form.elements.file.files[0];
  // A small file goes with its form, whose answer names every field that is wrong.
  if (!file || file.size <= Number(form.dataset.piece) || !form.checkValidity()) return;
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const broken = form.querySelector("[data-broken]");
  button.disabled = true;
  broken.hidden = true;
  try {
    await send(file);
  } catch {
    broken.hidden = false;
    button.disabled = false;
  }
});
