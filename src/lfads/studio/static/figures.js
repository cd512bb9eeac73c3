// Figures that follow what they show: each is drawn anew when its state has changed, and says so meanwhile.
"use strict";
(() => {
  const LOOK_MS = 5000, SOON_S = 3;
  const about = document.getElementById("figures");

  document.querySelectorAll("img[data-from]").forEach((image) => { if (!image.complete) waits(image); });
  function waits(image) {
    const began = Date.now(), said = document.createElement("p");
    said.className = "note";
    image.after(said);
    const clock = setInterval(() => {
      const seconds = Math.round((Date.now() - began) / 1000);
      if (seconds >= SOON_S) said.textContent = `This figure is being drawn, for ${seconds} s by now; the first one takes some seconds more.`;
    }, 1000);
    const end = (words) => { clearInterval(clock); if (words) said.textContent = words; else said.remove(); };
    image.addEventListener("load", () => end(""), { once: true });
    image.addEventListener("error", () => end("This figure could not be drawn; reload the page to try again."), { once: true });
  }

  async function look() {
    const sentence = about.querySelector(".sentence");
    try {
      const answer = await fetch(about.dataset.state);
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      sentence.textContent = state.sentence;
      if (state.ended) { location.reload(); return; }
      if (state.stamp !== about.dataset.stamp) {
        if (!about.dataset.shown || !about.dataset.stamp) { location.reload(); return; }
        about.dataset.stamp = state.stamp;
        document.querySelectorAll("img[data-from]").forEach((image) => {
          image.src = `${image.dataset.from}${image.dataset.from.includes("?") ? "&" : "?"}at=${state.stamp}`;
        });
      }
    } catch {
      sentence.textContent = "The studio does not answer; this page asks again every five seconds. Jobs that run live on. If it was closed, open its new link.";
    }
    setTimeout(look, LOOK_MS);
  }
  if (about?.dataset.state) setTimeout(look, LOOK_MS);
})();
