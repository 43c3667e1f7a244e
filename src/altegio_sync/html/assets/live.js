// Replaces the sections that changed on the server. Without this script the page reloads itself.
"use strict";
const show = (id, isShown) => { document.getElementById(id).hidden = !isShown; };
const replace = ({ id, html }) => {
  const old = document.getElementById(id);
  const focused = old.contains(document.activeElement) && document.activeElement.id;
  const scrolled = old.querySelector(".scroll")?.scrollLeft;
  old.outerHTML = html;
  const now = document.getElementById(id);
  if (scrolled) now.querySelector(".scroll")?.scrollTo(scrolled, 0);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};
if (document.body.dataset.events) {
  const events = new EventSource(document.body.dataset.events);
  events.onopen = () => { show("is-live", true); show("no-connection", false); };
  events.onerror = () => { show("is-live", false); show("no-connection", true); };
  events.onmessage = (event) => replace(JSON.parse(event.data));
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
