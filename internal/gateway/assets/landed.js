"use strict";
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const query = new URLSearchParams(location.search);
history.replaceState(null, "", location.pathname);
addEventListener("DOMContentLoaded", async () => {
  const main = document.querySelector("main");
  const element = id => document.getElementById(id);
  const texts = JSON.parse(element("texts").textContent);
  const pause = ms => new Promise(done => setTimeout(done, ms));

  function show(state, text) {
    main.dataset.state = state;
    for (const [i, step] of [...element("steps").children].entries()) {
      if (i === (texts.places[state] || 0)) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
    element("progress").hidden = true;
    element("title").textContent = document.title = text.title;
    element("text").textContent = text.text;
    element("title").focus();
  }

  // name says who requests the login, and for what.
  function name(request) {
    if (!request) return;
    for (const [id, text] of [["requester", request.name], ["subject", request.title]]) {
      element(id).textContent = text || "";
      element(id).closest("div").hidden = !text;
    }
    element("request").hidden = false;
  }

  function offer(label, action) {
    const button = main.insertBefore(document.createElement("button"), element("status"));
    button.id = "go";
    button.type = "button";
    button.textContent = label;
    button.onclick = action;
    return button;
  }

  // done goes back to the application at once. Its link is for browsers that do not.
  function done(url) {
    show("Done", texts.states.Done);
    const link = document.createElement("a"), line = document.createElement("p");
    link.id = "return";
    link.href = url;
    link.rel = "noreferrer";
    link.textContent = texts.back + " " + new URL(url).hostname;
    line.append(link);
    main.insertBefore(line, element("status"));
    location.replace(url);
  }

  // confirm asks the customer whether the address of the page is from Flinks Connect, because
  // any site can lead here.
  function confirm() {
    show("Confirm", texts.landedConfirm);
    const button = offer(texts.confirm, () => {
      button.remove();
      show("Working", texts.states.Working);
      element("progress").hidden = false;
      finish(true);
    });
  }

  async function finish(confirmed) {
    const value = name => query.get(name) || "";
    const accountIds = query.getAll("accountId").join().split(",").filter(id => guid.test(id)).slice(0, 100);
    const body = JSON.stringify({loginId: value("loginId"), requestId: value("requestId"), accountIds, tag: value("tag"), confirmed});
    for (let failures = 0; failures < 5;) {
      const response = await fetch(location.pathname, {
        method: "POST", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
        headers: {"Content-Type": "application/json"}, body,
      }).catch(() => null);
      if (response && response.ok) {
        const {state, path, request, returnURL} = await response.json();
        name(request);
        if (state === "Confirm") return confirm();
        if (returnURL) return done(returnURL);
        if (state !== "Working") {
          if (state === "Done" || !texts.states[state]) return location.replace(path + (state === "Done" ? "?done" : ""));
          show(state, texts.states[state]);
          return offer(texts.retry, () => location.replace(path));
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

  await finish(false);
});
