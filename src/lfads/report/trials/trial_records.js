// Where trials come from: the page itself, or the studio. The last ones are kept.
"use strict";
const trialRecords = (() => {
  const KEPT = 40, kept = new Map(), inside = document.getElementById("trials-data");
  const embedded = inside ? JSON.parse(inside.textContent) : null;
  const from = () => document.getElementById("trials").dataset.from;

  async function fetched(url) {
    const answer = await fetch(url).catch(() => { throw new Error("the studio does not answer; if it was closed, open its new link"); });
    if (answer.ok) return answer;
    throw new Error(answer.status === 403 ? "the studio was opened anew: open its new link" : `the studio answered ${answer.status}`);
  }
  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  }
  // Numbers of 2 bytes are packed as differences between bins, column by column, all low bytes first.
  function restored(buffer, of) {
    const bins = of.time_s.length;
    for (const block of of.blocks.filter((one) => one.bytes === 2)) {
      const num = block.num * bins, packed = new Uint8Array(buffer, block.offset, 2 * num).slice();
      const values = new Uint16Array(buffer, block.offset, num);
      for (let column = 0; column < block.num; column++) for (let bin = 0, sum = 0; bin < bins; bin++) {
        const place = column * bins + bin;
        sum = (sum + packed[place] + (packed[num + place] << 8)) & 0xffff;
        values[bin * block.num + column] = sum;
      }
    }
    return buffer;
  }
  function record(session, position) {
    const key = `${session}/${position}`;
    if (!kept.has(key)) {
      const asked = embedded ? unpacked(embedded.records[session][position]).then((buffer) => restored(buffer, embedded.about.sessions[session]))
        : fetched(`${from()}/${key}`).then((answer) => answer.arrayBuffer());
      kept.set(key, asked);
      asked.catch(() => kept.delete(key));
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    }
    return kept.get(key);
  }
  const about = async () => (embedded ? embedded.about : (await fetched(`${from()}/about`)).json());
  return { about, record };
})();
