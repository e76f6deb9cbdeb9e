// Everything here is a convenience: each page works without it.

/** A copy button for every block of code. */
function addCopyButtons(root) {
  for (const block of root.querySelectorAll('.code[data-copy-label]')) {
    if (block.querySelector('.copy') !== null || navigator.clipboard === undefined) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button quiet small copy';
    button.textContent = block.dataset.copyLabel;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(block.querySelector('code').textContent);
      button.textContent = block.dataset.copiedLabel;
      setTimeout(() => (button.textContent = block.dataset.copyLabel), 2000);
    });
    block.append(button);
  }
}

/**
 * Hears by server-sent events that something changed, while the page is looked at: a hidden one would keep
 * one of the few connections that a browser has for a site.
 *
 * @param last what is known already; a first event that says the same is no news. Null: whatever it says.
 * @returns whether it is heard, and how to stop.
 */
function listen(address, last, changed) {
  let source = null;
  let works = typeof EventSource === 'function';
  let heard = false;
  const stop = () => {
    source?.close();
    source = null;
    heard = false;
  };
  const start = () => {
    if (!works || source !== null || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener('state', ({ data }) => {
      const missed = last !== null && data !== last;
      last = data;
      heard = true;
      if (missed) changed();
    });
    source.addEventListener('changed', ({ data }) => {
      last = data;
      changed();
    });
    source.addEventListener('error', () => {
      heard = false;
      if (source?.readyState === EventSource.CLOSED) works = false;
    });
  };
  const look = () => (document.hidden ? stop() : start());
  document.addEventListener('visibilitychange', look);
  start();
  return {
    heard: () => heard,
    stop() {
      document.removeEventListener('visibilitychange', look);
      works = false;
      stop();
    },
  };
}

async function fetchPart(selector) {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return answer.ok ? page.querySelector(selector) : null;
}

/** Puts a fresh part in the place of the shown one, with what was open and the focus as they were. */
function swap(shown, fresh) {
  const open = [...shown.querySelectorAll('details')].map((details) => details.open);
  const focused = shown.contains(document.activeElement)
    ? document.activeElement.getAttribute('href')
    : null;
  shown.replaceWith(fresh);
  for (const [index, details] of fresh.querySelectorAll('details').entries()) {
    details.open = open[index] ?? details.open;
  }
  const links = [...fresh.querySelectorAll('a[href]')];
  links
    .find((link) => focused !== null && link.getAttribute('href') === focused)
    ?.focus({ preventScroll: true });
}

/** Says where an evaluation stands now to those who do not see it; only then, not with every row. */
function announce(part) {
  const texts = ['.badge', '.standing, .big, .failure-text'].map(
    (selector) => part.querySelector(selector)?.textContent.trim() ?? '',
  );
  document.querySelector('[data-announce]').textContent = texts.join(', ');
}

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 5000;
/** Where changes are heard of, asking is for what no event tells: the place in the queue. */
const LONGEST_POLL_WHILE_HEARD_MS = 15_000;

/** The page of a submission that has not ended follows by itself, less often the longer it takes. */
function followLive() {
  const live = document.querySelector('[data-live]');
  if (live === null) return;
  let wait = FIRST_POLL_MS;
  let timer = null;
  let busy = false;
  let again = false;
  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    clearTimeout(timer);
    try {
      const fresh = await fetchPart('[data-status]');
      const shown = document.querySelector('[data-status]');
      if (fresh !== null && fresh.outerHTML !== shown.outerHTML) {
        swap(shown, fresh);
        addCopyButtons(document);
        if (fresh.dataset.status !== shown.dataset.status) announce(fresh);
      }
    } catch {
      // The server may be restarting: ask again.
    }
    busy = false;
    if (document.querySelector('[data-live]') === null) {
      events.stop();
      return;
    }
    wait = events.heard()
      ? Math.min(wait * 2, LONGEST_POLL_WHILE_HEARD_MS)
      : Math.min(wait * 1.2, LONGEST_POLL_MS);
    timer = setTimeout(refresh, again ? 0 : wait);
    again = false;
  };
  const known = JSON.stringify({ status: live.dataset.status });
  // Not everything that changes is told by events: without an address the page only asks.
  const { live: address } = live.dataset;
  const events =
    address === '' ? { heard: () => false, stop() {} } : listen(address, known, refresh);
  timer = setTimeout(refresh, wait);
}

/** Not all readers of a board at the same moment. */
const BOARD_WAIT_MS = 500;
const BOARD_SPREAD_MS = 3000;

/** A board that changes while it is read is drawn anew, with what was open and the focus as they were. */
function followBoard() {
  const first = document.querySelector('[data-board]');
  if (first === null) return;
  let timer = null;
  const refresh = async () => {
    timer = null;
    try {
      const fresh = await fetchPart('[data-board]');
      const shown = document.querySelector('[data-board]');
      if (fresh === null || fresh.outerHTML === shown.outerHTML) return;
      swap(shown, fresh);
    } catch {
      // The server may be restarting: the next change is told again.
    }
  };
  listen(first.dataset.board, null, () => {
    timer ??= setTimeout(refresh, BOARD_WAIT_MS + Math.random() * BOARD_SPREAD_MS);
  });
}

const MIB = 1024 * 1024;
const WEIGHTS = /\.(pt|pth|h5|keras|safetensors|pkl)$/i;

/** What can be known of the chosen files before they are sent. */
function checkFiles(form, files) {
  const { dataset } = form;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const { lang } = document.documentElement;
  const write = (value, digits) => value.toLocaleString(lang, { maximumFractionDigits: digits });
  const size =
    total < MIB
      ? `${write(Math.max(1, Math.round(total / 1024)), 0)} KiB`
      : `${write(total / MIB, 1)} MiB`;
  const names = files.map((file) => file.name);
  // Beside code in Python any file may lie; alone the server refuses it and shows how to export it.
  const weights = names.some((name) => name.endsWith('.py'))
    ? undefined
    : names.find((name) => WEIGHTS.test(name));
  const lonely = names.find(
    (name) => name.endsWith('.onnx.data') && !names.some((other) => other.endsWith('.onnx')),
  );
  let problem = '';
  if (files.length > Number(dataset.maxFiles)) {
    problem = fill(dataset.textTooMany, { count: files.length });
  } else if (total > Number(dataset.maxMb) * MIB) {
    problem = fill(dataset.textTooLarge, { size });
  } else if (lonely !== undefined) {
    problem = fill(dataset.textDataMissing, { name: lonely });
  }
  const chosen =
    files.length === 0 ? '' : fill(dataset.textChosen, { names: names.join(', '), size });
  const warning = weights === undefined ? '' : fill(dataset.textWeights, { name: weights });
  return { problem, warned: problem !== '' || warning !== '', text: problem || warning || chosen };
}

function enhanceUpload(form) {
  const input = form.querySelector('input[type=file]');
  const drop = form.querySelector('[data-drop]');
  const status = form.querySelector('[data-status]');
  const show = () => {
    const { problem, warned, text } = checkFiles(form, [...input.files]);
    input.setCustomValidity(problem);
    status.textContent = text;
    status.classList.toggle('problem', warned);
  };
  input.addEventListener('change', show);
  for (const name of ['dragenter', 'dragover']) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  }
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    const folder = [...event.dataTransfer.items]
      .map((item) => item.webkitGetAsEntry())
      .find((entry) => entry?.isDirectory);
    if (folder !== undefined) {
      input.value = '';
      input.setCustomValidity('');
      status.textContent = form.dataset.textFolder.replace('{name}', folder.name);
      status.classList.add('problem');
    } else if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files;
      show();
    }
  });

  // Sent by script only to show how far it is; the answer is shown as the browser would have.
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    const button = form.querySelector('button:not([type=button])');
    let isSent = false;
    button.disabled = true;
    status.classList.remove('problem');
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      const percent = total === 0 ? 100 : Math.floor((100 * loaded) / total);
      status.textContent = form.dataset.textSending.replace('{percent}', percent);
    });
    request.upload.addEventListener('load', () => (isSent = true));
    request.addEventListener('load', () => {
      if (request.status < 400) {
        location.assign(request.responseURL);
        return;
      }
      // The session has ended meanwhile.
      if (request.status === 401) {
        location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, 'text/html');
      document.querySelector('main').replaceWith(page.querySelector('main'));
      enhance(document);
      // Where a page that was loaded anew would begin to be read.
      document.querySelector('main').focus({ preventScroll: true });
      scrollTo(0, 0);
    });
    // The files stay chosen, and the note as it was written.
    request.addEventListener('error', () => {
      status.textContent = isSent ? form.dataset.textNoAnswer : form.dataset.textBrokeOff;
      status.classList.add('problem');
      button.disabled = false;
    });
    request.open('POST', form.action);
    request.setRequestHeader('accept', 'text/html');
    request.send(new FormData(form));
  });
}

function enhance(root) {
  addCopyButtons(root);
  for (const form of root.querySelectorAll('form[data-upload]')) enhanceUpload(form);
}

enhance(document);
followLive();
followBoard();
