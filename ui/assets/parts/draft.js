// Keeps in this browser what somebody types in a long form, until it is sent: through a reload, a cut, or a session
// that ends. One file for three parts: a long text, the short fields around it, and the broom for what was sent.
// A draft is { turn, at, text | fields }; the turn is that of one filling of the form, and tells sent from unsent.
const KEPT_MS = 30 * 24 * 3600 * 1000;

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

// The short fields inside the container of that class: Streamlit's own, written as a person would.
const fieldsIn = (scope) => {
  const found = {};
  for (const place of document.querySelectorAll(`.${scope} [class*="st-key-"]`)) {
    const name = [...place.classList].find((word) => word.startsWith("st-key-"));
    const radios = [...place.querySelectorAll("input[type=radio]")];
    const text = place.querySelector("input[type=text]:not([role=combobox]), input:not([type]):not([role=combobox])");
    if (place.querySelector('[class*="st-key-"]')) continue; // a container of fields
    if (radios.length) found[name] = {
      value: String(radios.findIndex((radio) => radio.checked)),
      write: (value) => radios[Number(value)]?.click(),
    };
    else if (text) found[name] = {
      value: text.value,
      write: (value) => {
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(text, value);
        text.dispatchEvent(new Event("input", { bubbles: true }));
        text.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
      },
    };
  }
  return found;
};
const shortFields = (component) => {
  const { data, parentElement: root } = component;
  if (root.stopWatching) return root.stopWatching;
  build(root, "p", { className: "retrouve" }).setAttribute("role", "status");
  const draft = unsent(data);
  const own = draft?.turn === data.turn; // drawn again in the same visit: the fields hold their values themselves
  const kept = new Set(Object.keys(draft?.fields ?? {})), left = { ...(own ? {} : draft?.fields) };
  const restored = Object.keys(left).length > 0;
  if (restored) keep(data.place, { ...draft, turn: data.turn });
  let start = null, tries = 0;
  const restore = () => {
    const fields = fieldsIn(data.scope);
    if (!start && Object.keys(fields).length) start = Object.fromEntries(Object.entries(fields).map(([n, f]) => [n, f.value]));
    for (const [name, value] of Object.entries(left))
      if (fields[name]) {
        if (fields[name].value !== value) fields[name].write(value);
        delete left[name];
      }
    if ((Object.keys(left).length || !start) && ++tries < 40) setTimeout(restore, 100);
  };
  restore();
  if (restored) tell(root, draft, () => { kept.clear(); keep(data.place, null); tell(root, null); });
  let waiting = null;
  const take = () => {
    const changed = Object.entries(fieldsIn(data.scope))
      .filter(([name, field]) => kept.has(name) || field.value !== (start[name] ?? ""));
    const fields = Object.fromEntries(changed.map(([name, field]) => [name, field.value]));
    keep(data.place, changed.length ? { turn: data.turn, fields } : null);
  };
  const watch = (event) => {
    if (!start || !event.target.closest?.(`.${data.scope}`)) return;
    clearTimeout(waiting); // React has not drawn a choice yet when its event comes
    waiting = setTimeout(take);
  };
  const leave = () => { if (start && waiting) take(); };
  window.addEventListener("pagehide", leave);
  document.addEventListener("input", watch);
  document.addEventListener("change", watch);
  return (root.stopWatching = () => {
    window.removeEventListener("pagehide", leave);
    document.removeEventListener("input", watch);
    document.removeEventListener("change", watch);
  });
};

const broom = ({ data }) => {
  for (const [place, turn] of data.sent) if (read(place)?.turn === turn) keep(place, null);
};

const parts = { texte: longText, champs: shortFields, balai: broom };
export default (component) => parts[component.data.kind](component);
