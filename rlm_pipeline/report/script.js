"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const openAround = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
      if (at.classList.contains("extra")) {
        const box = at.closest(".limited").querySelector(":scope > .more > input");
        if (box) box.checked = true;
      }
    }
  };

  // Titles of marks become one tooltip that follows the pointer; without this script they stay native titles.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  for (const title of all("svg title")) {
    title.parentElement.dataset.tip = title.textContent;
    title.remove();
  }
  const place = (x, y) => {
    const box = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, x + 14), innerWidth - box.width - 8);
    const top = y + 20 + box.height > innerHeight ? y - box.height - 12 : y + 20;
    tip.style.left = `${left}px`;
    tip.style.top = `${Math.max(4, top)}px`;
  };
  document.addEventListener("pointermove", (event) => {
    const marked = event.target.closest?.("[data-tip]");
    tip.hidden = !marked;
    if (!marked) return;
    tip.textContent = marked.dataset.tip;
    place(event.clientX, event.clientY);
  });
  document.addEventListener("pointerleave", () => { tip.hidden = true; });
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // Links, treemap tiles and the address lead to rows that may be folded away.
  const show = (id) => {
    const target = document.getElementById(id);
    if (!target) return;
    openAround(target);
    const own = target.querySelector(":scope > details");
    if (own) own.open = true;
    target.scrollIntoView({ block: "start" });
  };
  const followHash = () => { if (location.hash.length > 1) show(decodeURIComponent(location.hash.slice(1))); };
  addEventListener("hashchange", followHash);
  document.addEventListener("click", (event) => {
    const tile = event.target.closest?.("[data-go]");
    if (tile) show(tile.dataset.go);
  });

  for (const tools of all(".tools")) {
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const open = event.target.matches("[data-open]");
      if (!open && !event.target.matches("[data-close]")) return;
      const list = tools.closest(".limited");
      for (const details of all("details", list)) details.open = open || details.parentElement.matches(".branch");
    });
  }

  for (const map of all(".map")) {
    map.addEventListener("pointerover", (event) => {
      const node = event.target.closest(".node");
      map.classList.toggle("pointed", Boolean(node));
      for (const near of all(".near", map)) near.classList.remove("near");
      if (!node) return;
      const close = new Set([node.dataset.node]);
      for (const edge of all(".edge", map)) {
        const ends = edge.dataset.ends.split("\n");
        if (!ends.includes(node.dataset.node)) continue;
        edge.classList.add("near");
        ends.forEach((end) => close.add(end));
      }
      for (const other of all(".node", map)) other.classList.toggle("near", close.has(other.dataset.node));
    });
    map.addEventListener("pointerleave", () => map.classList.remove("pointed"));
  }

  // Search hides what does not match, opens what does, and puts everything back when emptied.
  const form = document.querySelector(".find");
  const field = document.getElementById("find");
  const found = document.querySelector(".found");
  const plain = (text) => text.toLowerCase().replaceAll("\u00a0", " ");
  let texts = null;
  let before = null;
  const highlight = (items, words) => {
    if (!("highlights" in CSS)) return;
    const ranges = [];
    for (const item of items.slice(0, 300)) {
      const walker = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = plain(node.data);
        for (const word of words) {
          const at = text.indexOf(word);
          if (at < 0 || at + word.length > node.length) continue;
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };
  const holders = () => all("main > section, .dimension, .part-of-section, .coded > li, .branch, .limited, .apart, .how");
  const search = () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    texts ??= all("[data-find]").map((element) => [element, plain(element.textContent)]);
    before ??= all("details").map((details) => [details, details.open]);
    document.body.classList.toggle("searching", words.length > 0);
    for (const holder of holders()) holder.classList.remove("miss");
    const hits = [];
    for (const [element, text] of texts) {
      const hit = words.every((word) => text.includes(word));
      element.classList.toggle("miss", words.length > 0 && !hit);
      if (hit) hits.push(element);
    }
    for (const [details, open] of before) details.open = open;
    if ("highlights" in CSS) CSS.highlights.delete("found");
    found.textContent = "";
    if (!words.length) { before = null; return; }
    for (const hit of hits) {
      const own = hit.querySelector(":scope > details");
      const head = own?.querySelector("summary").textContent;
      if (own && !words.every((word) => plain(head).includes(word))) own.open = true;
      for (let at = hit.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    }
    for (const holder of holders()) {
      const own = holder.matches("[data-find]") && !holder.classList.contains("miss");
      holder.classList.toggle("miss", !own && !holder.querySelector("[data-find]:not(.miss)"));
    }
    highlight(hits, words);
    found.textContent = hits.length === 1 ? "1 match" : `${hits.length} matches`;
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", search);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field.value) { field.value = ""; search(); }
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input, textarea")) return;
    event.preventDefault();
    field.focus();
  });

  const links = new Map(all(".topbar a").map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  links.forEach((_, id) => { const part = document.getElementById(id); if (part) seen.observe(part); });

  followHash();

  let printed = [];
  addEventListener("beforeprint", () => {
    printed = all("details:not([open])");
    printed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => printed.forEach((details) => { details.open = false; }));
})();
