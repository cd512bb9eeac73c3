// A sentence wherever an answer takes its time.
"use strict";
(() => {
  const SOON_S = 3;
  let clock = 0;
  function begin(words) {
    end();
    const began = Date.now(), said = document.createElement("p");
    said.className = "waits";
    said.id = "busy";
    said.setAttribute("role", "status");
    clock = setInterval(() => {
      const seconds = Math.round((Date.now() - began) / 1000);
      if (seconds < SOON_S) return;
      if (!said.isConnected) document.querySelector("main").prepend(said);
      said.textContent = `Waiting for the studio, for ${seconds} s by now: ${words}. The next page comes by itself.`;
    }, 1000);
  }
  function end() {
    clearInterval(clock);
    document.getElementById("busy")?.remove();
  }
  document.addEventListener("submit", (event) => {
    const words = event.submitter?.dataset.waits || event.target.dataset.waits;
    // A form that only asks may be answered by a file, which no page follows.
    if (event.defaultPrevented || (event.target.method === "get" && !words)) return;
    begin(words || "it reads or writes files, and answers once that is done");
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const stays = event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button;
    const isFile = link && ("download" in link.dataset || /\.[^/]*$/.test(link.pathname));
    if (!link || stays || isFile || link.origin !== location.origin || link.hash) return;
    begin(link.dataset.waits || "it is reading what the page shows");
  });
  addEventListener("pagehide", end);
  addEventListener("pageshow", end);
})();
