// All script of the studio: uploads in pieces that can be gone on with, jobs as they change, texts to copy.
"use strict";
const PIECE = 8 * 2 ** 20, TRIES = 6;
const csrf = document.querySelector("meta[name=csrf]").content;
const headers = { "x-csrf-token": csrf, "content-type": "application/octet-stream" };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function post(url, body) {
  const answer = await fetch(url, { method: "POST", headers, body });
  if (answer.ok || answer.status === 409) return answer.json();
  throw Object.assign(new Error(await answer.text()), { final: true });
}

async function upload(form, file) {
  const said = document.getElementById("said"), bar = document.getElementById("progress");
  const root = form.dataset.root, key = `${file.lastModified}`;
  const query = new URLSearchParams({ name: file.name, size: file.size, key });
  bar.hidden = false;
  for (let tries = 0; tries < TRIES; ) {
    try {
      let state = await post(`${root}data/uploads?${query}`);
      const id = state.id;
      while (state.page === undefined) {
        const at = state.offset;
        bar.value = at / file.size;
        said.textContent = `${(at / 1e6).toFixed(1)} of ${(file.size / 1e6).toFixed(1)} MB`;
        state = await post(`${root}data/uploads/${id}?offset=${at}`, file.slice(at, at + PIECE));
        if (state.offset > at) tries = 0;
        else if (++tries >= TRIES) throw new Error("no piece is taken");
      }
      location.href = `${root}${state.page}`;
      return;
    } catch (error) {
      if (error.final) { said.textContent = error.message; return; }
      said.textContent = "The connection broke; trying again in a few seconds. What came is kept.";
      await pause(1000 * ++tries);
    }
  }
  said.textContent = "The studio does not answer. Open it again and choose the same file: it goes on where it was.";
}

const form = document.getElementById("upload");
if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); upload(form, form.file.files[0]); });
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) upload(form, event.dataTransfer.files[0]);
  });
}

const status = document.getElementById("status");
if (status && status.dataset.events) {
  const log = document.getElementById("log"), curves = document.getElementById("curves");
  const source = new EventSource(status.dataset.events);
  let drawn = 0;
  const draw = () => {
    if (!curves || Date.now() - drawn < 5000) return;
    drawn = Date.now();
    const next = new Image();
    next.onload = () => {
      curves.src = next.src;
      document.querySelectorAll(".curves").forEach((one) => { one.hidden = false; });
    };
    next.src = `${curves.dataset.from}?at=${drawn}`;
  };
  source.addEventListener("log", (event) => {
    const low = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    if (log.textContent === "Nothing yet.") log.textContent = "";
    log.append(JSON.parse(event.data));
    if (low) log.scrollTop = log.scrollHeight;
    draw();
  });
  source.addEventListener("state", (event) => {
    const { state, sentence } = JSON.parse(event.data);
    const mark = status.querySelector(".state");
    mark.textContent = state;
    mark.className = `state ${state}`;
    status.querySelector(".sentence").textContent = sentence;
    draw();
  });
  source.addEventListener("error", () => {
    const said = "The studio does not answer; this page asks again every few seconds. Jobs that run live on.";
    status.querySelector(".sentence").textContent = said;
  });
  source.addEventListener("ended", () => { source.close(); location.reload(); });
  log.scrollTop = log.scrollHeight;
}

document.querySelectorAll(".copied").forEach((one) => {
  const button = one.querySelector(".copy");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(one.querySelector("pre").textContent);
    button.textContent = "Copied";
  });
});
