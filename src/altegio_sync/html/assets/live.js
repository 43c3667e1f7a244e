// Replaces the elements that changed on the server. Without this script the page reloads itself.
"use strict";
const show = (id, isShown) => { document.getElementById(id).hidden = !isShown; };
const showState = (isLive) => { show("is-live", isLive); show("no-connection", !isLive); };
const focusable = (element) => [...element.querySelectorAll("a, button, summary, [tabindex]")];
const replace = ({ id, html }) => {
  const old = document.getElementById(id);
  const focused = focusable(old).indexOf(document.activeElement);
  const opened = [...old.querySelectorAll("details[open]")].map((each) => each.id);
  const { scrollLeft, scrollTop } = old.querySelector(".scroll") ?? {};
  old.outerHTML = html;
  const now = document.getElementById(id);
  if (scrollLeft || scrollTop) now.querySelector(".scroll")?.scrollTo(scrollLeft, scrollTop);
  opened.forEach((each) => { document.getElementById(each)?.setAttribute("open", ""); });
  if (focused >= 0) focusable(now)[focused]?.focus({ preventScroll: true });
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
document.addEventListener("click", async ({ target }) => {
  const list = document.getElementById(target.dataset?.copies);
  if (!list) return;
  getSelection().selectAllChildren(list);
  const isCopied = document.execCommand("copy");
  getSelection().removeAllRanges();
  if (isCopied) target.nextElementSibling.hidden = false;
});
document.getElementById("company")?.addEventListener("change", ({ target }) => target.form.submit());
// The present hour is the first that is seen, below the names of the teachers.
const hour = document.querySelector(".timetable .is-now");
if (hour) hour.closest(".scroll").scrollTop = hour.offsetTop - hour.closest("table").tHead.offsetHeight;
