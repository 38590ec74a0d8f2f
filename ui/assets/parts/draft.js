// Keeps in this browser what somebody types in a long form, until it is sent: through a reload, a cut, or a session
// that ends. One file for three parts: a long text, the short fields around it, and the broom for what was sent.
// A draft is { turn, at, text | fields }; the turn is that of one filling of the form, and tells sent from unsent.
const KEPT_MS = 30 * 24 * 3600 * 1000, ASKED_MS = 3000; // in which the page shows what is asked of it

const read = (place) => {
  try {
    const draft = JSON.parse(localStorage.getItem(place));
    if (draft && Date.now() - draft.at < KEPT_MS) return draft;
    localStorage.removeItem(place);
  } catch {}
  return null;
};
const keep = (place, draft) => {
  try {
    if (draft) localStorage.setItem(place, JSON.stringify({ at: Date.now(), ...draft }));
    else localStorage.removeItem(place);
  } catch {} // no storage left, or none allowed: the field works as any other
};
const unsent = ({ place, gone }) => {
  const draft = read(place);
  if (draft && gone.includes(draft.turn)) keep(place, null);
  return draft && !gone.includes(draft.turn) ? draft : null;
};
const when = (at) => new Date(at).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "short" });

const build = (root, tag, attributes) => {
  const element = root.appendChild(document.createElement(tag));
  for (const [name, value] of Object.entries(attributes)) element[name] = value;
  return element;
};
const tell = (root, draft, erase) => {
  const word = root.querySelector(".retrouve");
  word.replaceChildren();
  if (!draft) return;
  word.append(`Brouillon du ${when(draft.at)} retrouvé. `);
  build(word, "button", { type: "button", textContent: "L’effacer", onclick: erase });
};

// A long text. In a form each letter is noted, for nothing is sent before its button; elsewhere when the field is left.
const longText = (component) => {
  const { data, parentElement: root, setStateValue } = component;
  const note = (text) => { try { setStateValue("text", text); } catch {} };
  let area = root.querySelector("textarea");
  if (!area) {
    const box = build(root, "div", { className: "champ" });
    const id = `texte-${Math.random().toString(36).slice(2)}`;
    build(box, "label", { htmlFor: id, textContent: data.label });
    area = build(box, "textarea", { id, rows: data.rows, maxLength: data.max, placeholder: data.placeholder });
    build(box, "p", { className: "retrouve" }).setAttribute("role", "status");
    const draft = unsent(data), text = draft?.text ?? data.text;
    area.value = text;
    if (text && text !== data.text) note(text);
    const write = (text) => {
      area.value = text;
      keep(data.place, text ? { turn: data.turn, text } : null);
      note(text);
    };
    if (draft && draft.turn !== data.turn) {
      tell(root, draft, () => { write(""); tell(root, null); area.focus(); });
      keep(data.place, { ...draft, turn: data.turn });
    }
    let noted = area.value;
    area.oninput = () => {
      keep(data.place, area.value ? { turn: data.turn, text: area.value } : null);
      if (data.form) note(area.value);
    };
    area.onchange = () => { if (!data.form && area.value !== noted) note((noted = area.value)); };
  }
};

// The short fields inside the container of that class: Streamlit's own. Texts, marks and points are written as a person
// would; lists and days, which no script can write, are asked of the page.
const CLASS = "st-key-";
const typed = (input, value) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
};
const day = (parts) => {
  const [date, month, year] = ["day", "month", "year"].map((type) =>
    parts.find((part) => part.dataset.type === type)?.getAttribute("aria-valuenow"));
  return date && month && year ? `${year.padStart(4, "0")}-${month.padStart(2, "0")}-${date.padStart(2, "0")}` : "";
};
const fieldIn = (place) => {
  const list = place.querySelector('[data-testid="stMultiSelect"]'), choice = place.querySelector('[data-testid="stSelectbox"]');
  const parts = [...place.querySelectorAll('[role="spinbutton"][data-type]')];
  const radios = [...place.querySelectorAll("input[type=radio]")], box = place.querySelector("input[type=checkbox]");
  const text = place.querySelector("input[type=text]:not([role=combobox]), input:not([type]):not([role=combobox])");
  if (list) return { value: JSON.stringify([...list.querySelectorAll("[data-tag-index]")].map((tag) => tag.getAttribute("aria-label"))) };
  if (choice) return { value: choice.querySelector("input")?.value ?? "" };
  if (parts.length) return { value: day(parts) };
  if (radios.length) return {
    value: String(radios.findIndex((radio) => radio.checked)),
    write: (value) => radios[Number(value)]?.click(),
  };
  if (box) return { value: String(box.checked), write: () => box.click() };
  return text && { value: text.value, write: (value) => typed(text, value) };
};
const fieldsIn = ({ scope, end }) => {
  const found = {};
  for (const place of document.querySelectorAll(`.${scope} [class*="${CLASS}"]`)) {
    if (place.querySelector(`[class*="${CLASS}"]`)) continue; // a container of fields
    const field = fieldIn(place);
    const name = [...place.classList].find((word) => word.startsWith(CLASS));
    if (field) found[end && name.endsWith(end) ? name.slice(0, -end.length) : name] = field;
  }
  return found;
};
const shortFields = (component) => {
  const { data, parentElement: root, setStateValue } = component;
  if (root.stopWatching) return root.stopWatching;
  build(root, "p", { className: "retrouve" }).setAttribute("role", "status");
  const draft = unsent(data);
  const own = draft?.turn === data.turn; // drawn again in the same visit: the fields hold their values themselves
  const kept = new Set(Object.keys(draft?.fields ?? {})), left = { ...(own ? {} : draft?.fields) };
  const restored = Object.keys(left).length > 0;
  if (restored) keep(data.place, { ...draft, turn: data.turn });
  let start = null, tries = 0, sent = "", stopped = false;
  const asked = {};
  const see = (fields) => {
    for (const [name, field] of Object.entries(fields)) (start ??= {})[name] ??= field.value;
    return fields;
  };
  const restore = () => {
    const fields = see(fieldsIn(data));
    for (const [name, value] of Object.entries(left))
      if (fields[name]) {
        if (fields[name].value !== value && fields[name].write) fields[name].write(value);
        else if (fields[name].value !== value) asked[name] = value;
        delete left[name];
      }
    const wanted = JSON.stringify(asked);
    if (wanted !== "{}" && wanted !== sent) setStateValue("asked", (sent = wanted));
    if ((Object.keys(left).length || !start) && ++tries < 40 && !stopped) setTimeout(restore, 100);
    else setTimeout(() => { for (const name in asked) delete asked[name]; }, ASKED_MS);
  };
  restore();
  const erase = () => {
    const fields = fieldsIn(data), back = {};
    for (const name of kept)
      if (!fields[name] || fields[name].value === start[name]) continue;
      else if (fields[name].write) fields[name].write(start[name]);
      else back[name] = start[name];
    if (Object.keys(back).length) setStateValue("asked", JSON.stringify(back));
    kept.clear();
    keep(data.place, null);
    tell(root, null);
  };
  if (restored) tell(root, draft, erase);
  let waiting = null;
  const take = () => {
    const fields = see(fieldsIn(data));
    if (stopped || tries < 40 && Object.keys(left).length || !Object.keys(fields).length) return;
    const changed = Object.entries(fields).filter(([name, field]) => kept.has(name) || field.value !== start[name]);
    const values = Object.fromEntries(changed.map(([name, field]) => [name, field.value]));
    keep(data.place, changed.length ? { turn: data.turn, fields: { ...values, ...asked } } : null);
  };
  // The list of a choice and the calendar open elsewhere in the page; React draws a choice after its event.
  const watch = () => {
    if (!start) return;
    clearTimeout(waiting);
    waiting = setTimeout(take, 50);
  };
  const before = () => see(fieldsIn(data)); // what a field holds that was not drawn at first
  const leave = () => { if (start && waiting) take(); };
  const events = ["input", "change", "click", "keyup"];
  window.addEventListener("pagehide", leave);
  for (const name of events) document.addEventListener(name, watch, true);
  document.addEventListener("focusin", before, true);
  return (root.stopWatching = () => {
    stopped = true;
    clearTimeout(waiting);
    window.removeEventListener("pagehide", leave);
    for (const name of events) document.removeEventListener(name, watch, true);
    document.removeEventListener("focusin", before, true);
  });
};

const broom = ({ data }) => {
  for (const [place, turn] of data.sent) if (read(place)?.turn === turn) keep(place, null);
};

const parts = { texte: longText, champs: shortFields, balai: broom };
export default (component) => parts[component.data.kind](component);
