"use strict";
const query = new URLSearchParams(location.search);
history.replaceState(null, "", location.pathname);
addEventListener("DOMContentLoaded", async () => {
  const main = document.querySelector("main");
  const element = id => document.getElementById(id);
  const texts = JSON.parse(element("texts").textContent);
  const pause = ms => new Promise(done => setTimeout(done, ms));

  function show(state, text) {
    main.dataset.state = state;
    element("progress").hidden = true;
    element("title").textContent = document.title = text.title;
    element("text").textContent = text.text;
    element("title").focus();
  }

  function offer(path) {
    const button = main.insertBefore(document.createElement("button"), element("status"));
    button.id = "go";
    button.type = "button";
    button.textContent = texts.retry;
    button.onclick = () => location.replace(path);
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
        if (state !== "Working") {
          if (!texts.states[state]) return location.replace(path);
          show(state, texts.states[state]);
          return offer(path);
        }
      } else if (response && response.status < 429) {
        break;
      } else {
        failures++;
      }
      await pause(2000);
    }
    show("Failed", texts.landedFailed);
  }

  await finish();
});
