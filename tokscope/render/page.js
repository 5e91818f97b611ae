"use strict";
// The page stands without this: it makes tokens answer to the pointer and to the keyboard, and cuts texts that
// are too long to be in the page as tokens. Nothing here reads text as markup; see html.py for the data.

const data = JSON.parse(document.getElementById("data").textContent);
const MARKS = new RegExp(`${data.marks}|[\\t\\n]`, "gu");
const JOINS = new RegExp(data.joins, "u");
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const utf8 = new TextEncoder();
const about = document.querySelector("footer");
const hint = about.firstElementChild;

/** Read unsigned integers in base64 VLQ, as source maps have them: "CgB" -> [2, 32]. */
function integers(text) {
  const numbers = [];
  let number = 0, unit = 1;
  for (const char of text) {
    const digit = DIGITS.indexOf(char);
    number += (digit & 31) * unit;
    unit *= 32;
    if (digit < 32) {
      numbers.push(number);
      number = 0, unit = 1;
    }
  }
  return numbers;
}

/** Give an element of a paragraph, with text in it. */
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Give the text that a paragraph stands for: <u> is no text, and <i> stands for a character. */
function textOf(paragraph) {
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  let text = "";
  while (walker.nextNode()) {
    const {data: found, parentNode: {localName}} = walker.currentNode;
    if (localName === "i") {
      text += String.fromCodePoint(found[0] === "\\" ? parseInt(found.slice(2), 16) : found.charCodeAt(0) - 0x2400);
    } else if (localName !== "u") {
      text += found;
    }
  }
  return text;
}

/** Show text: what a browser would obey, hide or not draw as a mark. */
function append(parent, text) {
  if (JOINS.test(text)) parent.append(element("u", "◌"));
  let end = 0;
  for (const {0: char, index} of text.matchAll(MARKS)) {
    parent.append(text.slice(end, index));
    end = index + char.length;
    const code = char.codePointAt(0);
    if (char === "\n" || char === "\t") parent.append(element("u", char === "\n" ? "↵" : "→"), char);
    else if (code < 32) parent.append(element("i", String.fromCharCode(0x2400 + code)));
    else {
      const [letter, digits] = code < 0x80 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
      parent.append(element("i", `\\${letter}${code.toString(16).padStart(digits, "0")}`));
    }
  }
  parent.append(text.slice(end));
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
const decode = (bytes) => new TextDecoder("utf-8", {ignoreBOM: true}).decode(bytes);

/** Show the bytes of a row from start to end: its whole characters, and as hex what it holds of others. */
function appendSpan(parent, bytes, start, end) {
  const continues = (at) => at < bytes.length && (bytes[at] & 0xc0) === 0x80;
  const appendPiece = (from, to) => {
    const piece = element("span", ""), data = hex(bytes.subarray(from, to));
    let first = from;
    while (continues(first)) first--;
    parent.append(piece);
    if (continues(to)) return piece.append(element("u", `‹${data}›`));
    piece.append(element("u", `‹${data}=`));
    append(piece, decode(bytes.subarray(first, to)));
    piece.append(element("u", "›"));
  };
  let head = start, tail = end;
  while (head < end && continues(head)) head++;
  while (tail > head && continues(tail)) tail--;
  if (start < head) appendPiece(start, head);
  if (head < tail) append(parent, decode(bytes.subarray(head, tail)));
  if (tail < end) appendPiece(tail, end);
}

/** One text under one tokenizer: where its tokens begin and end, in bytes, and what is known of each. */
class Cut {
  constructor({t, spans, ids, heat, labels, labelled}) {
    this.t = t;
    this.starts = [];
    this.ends = [];
    let end = 0, dropped = 0;
    for (const span of integers(spans)) { // length * 2, and 1 where it is text that the tokenizer dropped
      if (span % 2) dropped = (span - 1) / 2;
      else {
        this.starts.push(end + dropped);
        end += dropped + span / 2;
        this.ends.push(end);
        dropped = 0;
      }
    }
    this.ids = ids === undefined ? [] : integers(ids);
    this.heat = heat === undefined ? [] : integers(heat);
    this.labels = labelled === undefined ? [] : integers(labelled).map((n) => n ? labels[n - 1] : undefined);
  }
}

/** A stretch of a text, and where it begins: in bytes, and in tokens of each of its cuts. */
class Row {
  constructor(div, text, cuts, start, firsts) {
    this.div = div, this.text = text, this.cuts = cuts, this.start = start, this.firsts = firsts;
    this.bytes = utf8.encode(text);
    this.end = start + this.bytes.length;
  }

  /** Cut a paragraph into tokens, unless it is already; give them. */
  tokens(paragraph) {
    if (paragraph.tokens) return paragraph.tokens;
    const k = Array.prototype.indexOf.call(this.div.children, paragraph), cut = this.cuts[k];
    if (paragraph.matches(".plain")) this.cutInto(paragraph, cut, this.firsts[k], this.lasts[k]);
    paragraph.tokens = [...paragraph.getElementsByTagName("b")];
    paragraph.tokens.forEach((token, i) => {
      token.role = "option";
      token.place = {row: this, cut, number: this.firsts[k] + i, nth: i};
    });
    paragraph.role = "listbox";
    paragraph.ariaOrientation = "horizontal";
    return paragraph.tokens;
  }

  cutInto(paragraph, cut, first, last) {
    const parts = document.createDocumentFragment();
    let end = this.start;
    const drop = (to) => {
      if (to <= end) return;
      const dropped = document.createElement("s");
      appendSpan(dropped, this.bytes, end - this.start, to - this.start);
      parts.append(dropped);
    };
    for (let i = first; i < last; i++) {
      drop(cut.starts[i]);
      end = cut.ends[i];
      const token = document.createElement("b");
      if (cut.heat.length) token.className = `h${Math.floor(5 * cut.heat[i] / 32)}`;
      if (end > cut.starts[i]) appendSpan(token, this.bytes, cut.starts[i] - this.start, end - this.start);
      else token.append(element("u", cut.labels[i] ?? (cut.ids.length ? `#${cut.ids[i]}` : "∅")));
      parts.append(token);
    }
    drop(this.end);
    paragraph.replaceChildren(parts);
    paragraph.classList.remove("plain");
  }
}

// What comes near the window is cut then.
const near = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) {
    if (isIntersecting) {
      near.unobserve(target);
      for (const paragraph of target.children) target.row.tokens(paragraph);
    }
  }
}, {rootMargin: "100%"});

const rows = [];
document.querySelectorAll("section").forEach((section, i) => {
  const cuts = data.texts[i].map((cut) => new Cut(cut));
  let start = 0, row, firsts = cuts.map(() => 0);
  for (const div of section.querySelectorAll("div")) {
    row = new Row(div, textOf(div.firstElementChild), cuts, start, firsts);
    start = row.end;
    firsts = cuts.map((cut, k) => {
      let first = firsts[k];
      while (first < cut.starts.length && cut.starts[first] < start) first++;
      return first;
    });
    row.lasts = firsts;
    div.row = row;
    rows.push(row);
    row.number = rows.length - 1;
  }
  row.lasts = cuts.map((cut) => cut.starts.length); // tokens of no width at the very end
  if (section.matches("[data-plain]")) spread(section, cuts);
});

/** Give every tokenizer its own paragraph of a text that came in one. */
function spread(section, cuts) {
  for (const div of section.querySelectorAll("div")) {
    const plain = div.firstElementChild;
    div.replaceChildren(...cuts.map((cut) => {
      const paragraph = plain.cloneNode(true);
      paragraph.dataset.t = cut.t;
      paragraph.ariaLabel = data.names[cut.t];
      return paragraph;
    }));
  }
}
rows.forEach(({div}) => near.observe(div));

// --- one token at a time ---------------------------------------------------------------------------------

let marked = [];

/** Give what is said of a token as an element. */
function said(fact) {
  const made = element("dd", fact instanceof Element ? "" : fact);
  if (fact instanceof Element) made.append(fact);
  return made;
}

/** Tell about a token, and mark what other tokenizers made of the same text. */
function tell(token) {
  marked.forEach((other) => other.classList.remove("same"));
  marked = [];
  if (!token) {
    about.replaceChildren(hint);
    return;
  }
  const {row, cut, number} = token.place, start = cut.starts[number], end = cut.ends[number];
  const text = document.createElement("bdi");
  appendSpan(text, row.bytes, start - row.start, end - row.start);
  const facts = {
    text: start < end ? text : undefined,
    token: `${(number + 1).toLocaleString("en")} of ${cut.starts.length.toLocaleString("en")}, ${data.names[cut.t]}`,
    id: cut.ids[number],
    bytes: hex(row.bytes.subarray(start - row.start, end - row.start)) || "none",
    position: start < end ? `byte ${start} to ${end}` : `byte ${start}`,
    heat: cut.heat.length ? `${Math.round(100 * cut.heat[number] / 31)}%` : undefined,
    "written as": cut.labels[number],
  };
  const list = document.createElement("dl");
  for (const [name, fact] of Object.entries(facts)) {
    if (fact === undefined) continue;
    const pair = document.createElement("div");
    pair.append(element("dt", name), said(fact));
    list.append(pair);
  }
  about.replaceChildren(list);
  for (const paragraph of row.div.children) {
    if (paragraph === token.parentNode || paragraph.matches(".plain")) continue;
    marked.push(...row.tokens(paragraph).filter((other) => {
      const {cut, number} = other.place;
      return cut.starts[number] < end && cut.ends[number] > start;
    }));
  }
  marked.forEach((other) => other.classList.add("same"));
}

/** Give the token `step` places on, in this row or another. */
function beside(token, step) {
  const {row, nth} = token.place, k = Array.prototype.indexOf.call(row.div.children, token.parentNode);
  const found = token.parentNode.tokens[nth + step];
  if (found) return found;
  for (let number = row.number + step; number in rows; number += step) {
    const paragraph = rows[number].div.children[k];
    const tokens = paragraph ? rows[number].tokens(paragraph) : [];
    if (tokens.length) return tokens.at(step > 0 ? 0 : -1);
  }
}

/** Give the token on the next line, or the one before, that is nearest to being under or over this one. */
function below(token, step) {
  const middle = ({left, right}) => (left + right) / 2, from = token.getClientRects()[0];
  let best, line;
  for (let other = beside(token, step); other; other = beside(other, step)) {
    const box = other.getClientRects()[0];
    if (box.top < from.bottom - 4 && box.bottom > from.top + 4) continue; // still on the same line
    line ??= box;
    if (Math.abs(box.top - line.top) > 4) break;
    const distance = Math.abs(middle(box) - middle(from));
    if (best && distance > best.distance) break;
    best = {distance, other};
  }
  return best?.other;
}

const stops = new Map(); // where Tab goes: one token for each tokenizer

function stop(token) {
  const {cut: {t}} = token.place, before = stops.get(t);
  if (before === token) return;
  for (const name of ["tabindex", "aria-selected", "aria-describedby"]) before?.removeAttribute(name);
  token.tabIndex = 0;
  token.setAttribute("aria-describedby", about.id);
  stops.set(t, token);
}

for (const row of rows) {
  for (const paragraph of row.div.children) {
    if (!stops.has(Number(paragraph.dataset.t))) row.tokens(paragraph).slice(0, 1).forEach(stop);
  }
  if (stops.size === data.names.length) break;
}

const tokenAt = ({target}) => target instanceof Element ? target.closest("main b") : null;
const focused = () => document.activeElement?.place ? document.activeElement : null;
const KEYS = {
  ArrowRight: (token) => beside(token, 1),
  ArrowLeft: (token) => beside(token, -1),
  ArrowDown: (token) => below(token, 1),
  ArrowUp: (token) => below(token, -1),
  Home: (token) => token.parentNode.tokens[0],
  End: (token) => token.parentNode.tokens.at(-1),
};

addEventListener("pointerover", (event) => tell(tokenAt(event) ?? focused()));
addEventListener("focusin", (event) => {
  const token = tokenAt(event);
  if (!token) return;
  stop(token);
  token.ariaSelected = "true";
  tell(token);
});
addEventListener("focusout", () => tell(null));
addEventListener("pointerdown", (event) => {
  const token = tokenAt(event);
  if (token?.place) stop(token);
});
addEventListener("keydown", (event) => {
  const token = tokenAt(event), move = KEYS[event.key];
  if (!token || !move || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const other = move(token);
  if (other) {
    stop(other);
    other.focus();
  }
});
