// Parts of pages that come anew: the command of a form with each change, and what a page waits for.
"use strict";
{
  const NO_ANSWER = "The studio does not answer; this is asked again every few seconds. What was chosen is kept.";
  document.querySelectorAll("form[data-part]").forEach((form) => {
    const into = document.getElementById(form.dataset.into);
    let asked = 0;
    const show = async () => {
      const mine = ++asked, query = new URLSearchParams(new FormData(form));
      query.delete("csrf");
      for (let tries = 1; mine === asked; tries = Math.min(tries + 1, 10)) {
        const answer = await fetch(`${form.dataset.part}?${query}`).catch(() => ({ ok: false }));
        const text = answer.ok ? await answer.text().catch(() => null) : null;
        if (mine !== asked) return;
        into.innerHTML = text ?? `<p class="problem">${NO_ANSWER}</p>`;
        if (text !== null) return;
        await new Promise((done) => setTimeout(done, 1000 * tries));
      }
    };
    const setBy = (select) => {
      const chosen = select.selectedOptions && select.selectedOptions[0];
      return chosen && chosen.dataset.sets ? Object.entries(JSON.parse(chosen.dataset.sets)) : [];
    };
    const setOthers = (select) => {
      for (const [name, value] of setBy(select)) form.elements[name].value = value;
    };
    form.addEventListener("change", (event) => { setOthers(event.target); show(); });
    form.addEventListener("input", (event) => { if (event.target.type === "text") show(); });
    // What was chosen before this script was there; a browser that comes back keeps what was typed beside it.
    form.querySelectorAll("select").forEach((select) => {
      const served = [...select.options].find((option) => option.defaultSelected) || select.options[0];
      const others = setBy(select).map(([name]) => form.elements[name]);
      if (select.selectedOptions[0] !== served && others.every((other) => other.value === other.defaultValue)) setOthers(select);
    });
    show();
  });

  const main = document.getElementById("main");
  const pieces = (page) => [...page.querySelectorAll(".waits:not(#busy), main table, main .note[role=status], main [data-fresh]")];

  async function lookAgain() {
    const answer = await fetch(location.href), is = answer.headers.get("content-type") || "";
    if (answer.ok && is.startsWith("text/html") && answer.url === location.href.split("#")[0]) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const old = pieces(document), fresh = pieces(page);
      if (page.getElementById("main").dataset.looks && old.length === fresh.length) {
        old.forEach((one, place) => {
          if (one.innerHTML === fresh[place].innerHTML) return;
          const link = one.contains(document.activeElement) && document.activeElement.getAttribute("href");
          const ticked = [...one.querySelectorAll("input:checked")].map((input) => [input.name, input.value]);
          one.innerHTML = fresh[place].innerHTML;
          one.querySelectorAll("input").forEach((input) => {
            input.checked = ticked.some(([name, value]) => name === input.name && value === input.value);
          });
          const again = link && one.querySelector(`a[href="${CSS.escape(link)}"]`);
          if (again) again.focus();
        });
        return;
      }
    }
    clearInterval(clock); // a file is downloaded, and this page stays
    location.replace(answer.url + location.hash);
  }

  let clock = 0;
  if (main.dataset.looks) {
    clock = setInterval(() => { if (!document.hidden) lookAgain().catch(() => {}); }, 1000 * Number(main.dataset.looks));
  }
}
