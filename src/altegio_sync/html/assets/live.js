// Replaces the elements that changed on the server. Without this script the page reloads itself.
"use strict";
const show = (id, isShown) => { document.getElementById(id).hidden = !isShown; };
const showState = (isLive) => { show("is-live", isLive); show("no-connection", !isLive); };
const focusable = (element) => [...element.querySelectorAll("a, button, summary, [tabindex]")];
const replace = ({ id, html }) => {
  const old = document.getElementById(id);
  const focused = focusable(old).indexOf(document.activeElement);
  const words = document.activeElement?.outerHTML;
  const opened = [...old.querySelectorAll("details[open]")].map((each) => each.id);
  const { scrollLeft, scrollTop } = old.querySelector(".scroll") ?? {};
  old.outerHTML = html;
  const now = document.getElementById(id);
  if (scrollLeft || scrollTop) now.querySelector(".scroll")?.scrollTo(scrollLeft, scrollTop);
  opened.forEach((each) => { document.getElementById(each)?.setAttribute("open", ""); });
  if (focused < 0) return;
  // The keyboard stays at its link, also where a new line moved the link.
  const [all, isSame] = [focusable(now), (each) => each?.outerHTML === words];
  const next = isSame(all[focused]) ? all[focused] : all.find(isSame) ?? all[focused];
  next?.focus({ preventScroll: true });
};
let events;
const connect = () => {
  events?.close();
  events = new EventSource(document.body.dataset.events);
  events.onopen = () => showState(true);
  events.onerror = () => {
    showState(false);
    // A proxy answered in place of the server: the browser does not try again by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  };
  events.onmessage = (event) => replace(JSON.parse(event.data));
  events.addEventListener("reload", () => location.reload());
};
// A browser opens six connections to a host, and pages in the background would use them up.
const follow = () => { document.hidden ? events?.close() : connect(); };
if (document.body.dataset.events) {
  document.addEventListener("visibilitychange", follow);
  follow();
}
// A line for each row, with tabs between the cells: for a spreadsheet and for a message.
const inLines = (table) => [...table.rows].map((row) => [...row.cells].map(
  (cell) => cell.innerText.trim().replace(/\s*\n\s*/g, ". ")).join("\t")).join("\n");
document.addEventListener("click", ({ target }) => {
  const list = document.getElementById(target.dataset?.copies);
  if (!list) return;
  // The clipboard's own interface is only there with https.
  const area = document.createElement("textarea");
  area.value = inLines(list);
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  target.focus();
  target.nextElementSibling.hidden = !isCopied;
});
// Each arrow key chooses another location: whoever uses the keyboard then presses the button.
const chooser = document.getElementById("company");
let isByKey = false;
chooser?.addEventListener("keydown", () => { isByKey = true; });
chooser?.addEventListener("pointerdown", () => { isByKey = false; });
chooser?.addEventListener("change", () => { if (!isByKey) chooser.form.submit(); });
// The present hour is the first that is seen, below the names of the teachers.
const hour = document.querySelector(".timetable .is-now");
if (hour) hour.closest(".scroll").scrollTop = hour.offsetTop - hour.closest("table").tHead.offsetHeight;
