"use strict";
(() => {
  const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  const main = document.querySelector("main");
  const element = id => document.getElementById(id);
  const texts = JSON.parse(element("texts").textContent);
  const origin = main.dataset.connectOrigin;
  const string = (value, most) => typeof value === "string" && value.length <= most ? value : "";
  const path = location.pathname;
  const ticket = /^#\d{1,12}\.[\w-]{43}$/.test(location.hash) ? location.hash.slice(1) : "";
  if (ticket) history.replaceState(null, "", path);
  const pollEvery = 2000, longWait = 20000, staleAnswers = 10000, mostRenewals = 3;

  let frame = null;
  let linked = null; // the identifiers that Flinks Connect reported
  let renewals = 0;
  let busy = false;

  const pause = ms => new Promise(done => setTimeout(done, ms));

  class Failure extends Error {
    constructor(status) {
      super("request failed");
      this.status = status;
    }
  }

  async function ask(method, operation, body) {
    const response = await fetch(path + "/" + operation, {
      method, cache: "no-store", credentials: "same-origin", redirect: "error", referrerPolicy: "no-referrer",
      headers: body ? {"Content-Type": "application/json"} : {},
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Failure(response.status);
    return response.json();
  }

  // retry repeats an action that may be repeated, while the network or the server fails.
  async function retry(action) {
    for (let failures = 1; ; failures++) {
      try {
        return await action();
      } catch (failure) {
        if (failures === 5 || (failure instanceof Failure && failure.status < 429)) throw failure;
        await pause(failures * pollEvery);
      }
    }
  }

  // waits reports whether the page has only to wait. It follows another browser that uses the link.
  const waits = state => state === "Working" || state === "InUse";

  function show(state) {
    main.dataset.state = state;
    stepOn(state);
    element("progress").hidden = !waits(state);
    element("frame").hidden = state !== "Open";
    for (const id of ["reason", "until", "go"]) if (element(id)) element(id).hidden = true;
    say(state);
  }

  // stepOn marks the step that the customer is in.
  function stepOn(state) {
    for (const [i, step] of [...element("steps").children].entries()) {
      if (i === (texts.places[state] || 0)) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
  }

  function say(state) {
    const text = texts.states[state];
    if (!text) return;
    element("title").textContent = document.title = text.title;
    element("text").textContent = text.text;
    element("title").focus();
  }

  function offer(label, action) {
    const button = element("go") || main.insertBefore(document.createElement("button"), element("status"));
    button.id = "go";
    button.type = "button";
    button.textContent = label;
    button.disabled = button.hidden = false;
    button.onclick = action;
  }

  const reload = () => location.reload();

  function fail(failure) {
    busy = false;
    element("progress").hidden = true;
    element("status").textContent = "";
    element("error").textContent = failure instanceof Failure && failure.status === 429 ? texts.tooFast : texts.failed;
    offer(texts.retry, linked ? () => finish(linked) : reload);
  }

  // settled polls until there is nothing to wait for, and returns the answer. Right after a click, an
  // answer may be older than the click: Start is ignored for so many milliseconds.
  async function settled(answer, stale) {
    show(answer.state === "InUse" ? answer.state : "Working");
    const began = Date.now();
    while (waits(answer.state) || (answer.state === "Start" && Date.now() - began < stale)) {
      await pause(pollEvery);
      element("status").textContent = Date.now() - began > longWait ? texts.longWait : "";
      answer = await retry(() => ask("GET", "state"));
    }
    return answer;
  }

  // done goes back to the application at once. Its link is for browsers that do not.
  function done(url) {
    element("status").textContent = "";
    show("Done");
    if (!url) return;
    const link = document.createElement("a"), line = document.createElement("p");
    link.id = "return";
    link.href = url;
    link.rel = "noreferrer";
    link.textContent = texts.back + " " + new URL(url).hostname;
    line.append(link);
    main.insertBefore(line, element("status"));
    location.replace(url);
  }

  // turn shows what an answer says: that all is done, or another page.
  const turn = answer => answer.state === "Done" ? done(answer.returnURL) : reload();

  async function click() {
    if (busy) return;
    busy = true;
    element("go").disabled = true;
    element("error").textContent = "";
    try {
      let state = main.dataset.state;
      if (state === "ProofRequired") return await leave();
      if (state === "Start") {
        const answer = await settled(await ask("POST", "start", {}), staleAnswers);
        state = answer.state;
        if (state === "Done") return done(answer.returnURL);
      }
      if (state !== "Connect" && state !== "Resume") return reload();
      await open();
      say(state);
      frame.focus();
    } catch (failure) {
      notOpened(failure);
    }
  }

  // notOpened handles a frame that could not be opened. After 409 the state is another one,
  // which a new page shows.
  function notOpened(failure) {
    if (failure instanceof Failure && failure.status === 409) reload();
    else fail(failure);
  }

  // leave goes to the application, which sends the customer back with a ticket.
  async function leave() {
    const {url} = await ask("POST", "prove", {ticket: ""});
    if (!url) return reload();
    location.assign(url);
  }

  // prove passes on a ticket. The page shows the new state, or that the ticket did not count. Right
  // after it, an answer may be older than the proof.
  async function prove(ticket) {
    busy = true;
    if (element("go")) element("go").disabled = true;
    try {
      const {state} = await retry(() => ask("POST", "prove", {ticket}));
      if (state !== "ProofRequired") {
        const proven = Date.now(), look = () => retry(() => ask("GET", "state"));
        while ((await look()).state === "ProofRequired" && Date.now() - proven < staleAnswers) await pause(pollEvery);
        return reload();
      }
      fail(new Failure(0));
      element("error").textContent = texts.notProven;
    } catch (failure) {
      fail(failure);
    }
  }

  async function open() {
    const {url} = await ask("POST", "connect", {});
    if (new URL(url).origin !== origin) throw new Error("another origin");
    frame = document.createElement("iframe");
    frame.title = texts.frame;
    frame.referrerPolicy = "no-referrer";
    // Banks open windows of their own, and Connect may go on to the landing page.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups " +
      "allow-popups-to-escape-sandbox allow-top-navigation");
    frame.src = url;
    element("frame").replaceChildren(frame);
    show("Open");
    busy = false;
  }

  function close() {
    element("frame").replaceChildren();
    frame = null;
    element("status").textContent = "";
  }

  // selected returns the accounts that the customer selected: a list, or one with commas.
  function selected(accounts) {
    const all = Array.isArray(accounts) ? accounts : string(accounts, 8192).split(",");
    return all.filter(id => guid.test(string(id, 36))).slice(0, 100);
  }

  // identifiers returns those of the login that the customer linked. Some events have them
  // in their URL only.
  function identifiers(data) {
    let accountIds = data.accountId, loginId = string(data.loginId, 64), requestId = string(data.requestId, 64);
    try {
      const query = new URL(string(data.url, 8192)).searchParams;
      loginId = guid.test(loginId) ? loginId : query.get("loginId");
      requestId = requestId || query.get("requestId");
      accountIds = accountIds || query.get("accountId");
    } catch {
      // The event has no URL.
    }
    return guid.test(loginId) ? {loginId, requestId: guid.test(requestId) ? requestId : "", accountIds: selected(accountIds)} : null;
  }

  async function finish(ids) {
    if (busy) return;
    busy = true;
    linked = ids;
    close();
    element("error").textContent = "";
    try {
      show("Working");
      let answer = {state: "Working"};
      while (answer.state === "Working") {
        answer = await retry(() => ask("POST", "finish", ids));
        if (answer.state === "Working") await pause(pollEvery);
      }
      if (answer.state === "Done" || !texts.states[answer.state]) return turn(answer);
      show(answer.state);
      offer(texts.retry, reload);
    } catch (failure) {
      fail(failure);
    }
  }

  async function renew() {
    close();
    if (++renewals > mostRenewals) return fail(new Failure(0));
    await open().catch(notOpened);
  }

  const ends = new Set(["SESSION_EXPIRED", "SESSION_NONEXISTENT", "COMPONENT_CLOSE_SESSION"]);

  addEventListener("message", event => {
    if (!frame || event.origin !== origin || event.source !== frame.contentWindow) return;
    const data = event.data;
    if (typeof data !== "object" || data === null || Array.isArray(data)) return;
    const step = string(data.step, 64) || string(data.flinksCode, 64);
    if (step === "REDIRECT") {
      const ids = identifiers(data);
      if (ids) finish(ids);
      else fail(new Failure(0)); // The frame stays open: it may send another event.
    } else if (step === "TOKEN_INVALID") {
      renew();
    } else if (ends.has(step)) {
      close();
      show("Ended");
      offer(texts.retry, reload);
    } else if (Object.hasOwn(texts.steps, step)) {
      element("status").textContent = texts.steps[step];
    }
  });

  addEventListener("hashchange", reload); // It may be a ticket.

  addEventListener("pageshow", event => {
    if (event.persisted) reload();
  });

  for (const time of document.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, {dateStyle: "medium", timeStyle: "short"});
  }

  // shown reports that the page is shown. The operator may find out then whether there is anything left
  // to do; if it is not told, a click tells it.
  async function shown() {
    const answer = await ask("POST", "open", {}).catch(() => ({}));
    if (busy || frame || waits(main.dataset.state) || !(answer.state === "Working" || answer.state === "Done")) return;
    busy = true;
    settled(answer, 0).then(turn, fail);
  }

  if (!ticket) shown();
  if (element("go")) {
    element("go").hidden = false;
    element("go").onclick = click;
  }
  if (ticket) prove(ticket);
  else if (waits(main.dataset.state)) settled({state: main.dataset.state}, 0).then(turn, fail);
})();
