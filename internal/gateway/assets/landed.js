"use strict";
const query = new URLSearchParams(location.search);
history.replaceState(null, "", location.pathname);
addEventListener("DOMContentLoaded", async () => {
  const main = document.querySelector("main");
  const element = id => document.getElementById(id);
  const texts = JSON.parse(element("texts").textContent);
  const pause = ms => new Promise(done => setTimeout(done, ms));

  function show(text) {
    element("progress").hidden = true;
    element("title").textContent = document.title = text.title;
    element("text").textContent = text.text;
    element("title").focus();
  }

  async function finish() {
    const body = JSON.stringify({loginId: query.get("loginId") || "", requestId: query.get("requestId") || ""});
    for (let failures = 0; failures < 5;) {
      const response = await fetch(location.pathname, {
        method: "POST", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
        headers: {"Content-Type": "application/json"}, body,
      }).catch(() => null);
      if (response && response.ok) {
        const {state, path} = await response.json();
        if (state !== "Working") return texts.states[state] ? show(texts.states[state]) : location.replace(path);
      } else if (response && response.status < 429) {
        break;
      } else {
        failures++;
      }
      await pause(2000);
    }
    main.dataset.state = "Failed";
    show(texts.landedFailed);
  }

  await finish();
});
