// Forms that show what they amount to: a part of the page, made by the studio, comes anew with each change.
"use strict";
document.querySelectorAll("form[data-part]").forEach((form) => {
  const into = document.getElementById(form.dataset.into);
  let asked = 0;
  const show = async () => {
    const mine = ++asked, query = new URLSearchParams(new FormData(form));
    query.delete("csrf");
    const answer = await fetch(`${form.dataset.part}?${query}`);
    if (mine === asked && answer.ok) into.innerHTML = await answer.text();
  };
  form.addEventListener("change", (event) => {
    const chosen = event.target.selectedOptions && event.target.selectedOptions[0];
    if (chosen && chosen.dataset.sets) {
      for (const [name, value] of Object.entries(JSON.parse(chosen.dataset.sets))) form.elements[name].value = value;
    }
    show();
  });
  form.addEventListener("input", (event) => { if (event.target.type !== "checkbox") show(); });
});
