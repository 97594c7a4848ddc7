/**
 * What the statistics page does in the browser: search, theme, live updates. Without it the page shows the same and
 * its forms work; it only sets texts and attributes that the server made. Its hash is in the page's policy.
 */

export const SCRIPT = `(function () {
  'use strict';
  var root = document.documentElement;
  var all = function (selector, from) {
    return Array.prototype.slice.call((from || document).querySelectorAll(selector));
  };
  var byId = function (id) { return document.getElementById(id); };

  // Theme: the system's, or what was chosen.
  var theme = null;
  try { theme = localStorage.getItem('sluice-theme'); } catch (_) { /* not permitted */ }
  var show = function () {
    if (theme) root.setAttribute('data-theme', theme); else root.removeAttribute('data-theme');
  };
  show();
  var themeButton = byId('theme');
  if (themeButton) {
    themeButton.hidden = false;
    themeButton.addEventListener('click', function () {
      var dark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme:dark)').matches;
      theme = dark ? 'light' : 'dark';
      try { localStorage.setItem('sluice-theme', theme); } catch (_) { /* not permitted */ }
      show();
    });
  }

  // Search: names, states and checks.
  var search = byId('search');
  var filter = function () {
    var words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    all('section[data-proxy]').forEach(function (section) {
      var shown = 0;
      all('tr[data-k]', section).forEach(function (row) {
        var text = (row.getAttribute('data-k') + ' ' + row.className + ' ' + row.textContent).toLowerCase();
        row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
        if (!row.hidden) shown++;
      });
      section.hidden = shown === 0;
    });
  };
  if (search) {
    search.hidden = false;
    search.addEventListener('input', filter);
    document.addEventListener('keydown', function (event) {
      if (event.key === '/' && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) {
        event.preventDefault();
        search.focus();
      }
    });
  }

  // Choosing all servers of a backend.
  all('input.all').forEach(function (box) {
    box.hidden = false;
    box.addEventListener('change', function () {
      all('input[name=s]', box.form).forEach(function (each) {
        if (!each.closest('tr').hidden) each.checked = box.checked;
      });
    });
  });

  // Live: what has changed is written into the page.
  var main = byId('live');
  if (!main) return;
  var every = Number(main.getAttribute('data-every')) * 1000;
  var button = byId('pause');
  var state = byId('state');
  var running = every > 0;
  var timer = null;
  var rows = {};
  all('tr[data-k]').forEach(function (row) { rows[row.getAttribute('data-k')] = row; });
  var say = function (text) { if (state) state.textContent = text; };
  var text = function (node, value) {
    if (!node || node.textContent === value) return false;
    node.textContent = value;
    return true;
  };
  var update = function (row, now) {
    if (row.className !== now.c) {
      row.className = now.c;
      row.classList.add('flash');
    }
    text(row.querySelector('.badge'), now.t);
    text(row.querySelector('.since'), now.s);
    now.v.forEach(function (value, i) {
      var cell = row.querySelector('[data-i="' + i + '"]');
      if (!cell) return;
      text(cell.querySelector('b'), value[0]);
      var small = cell.querySelector('small');
      if (text(small, value[1])) small.title = value[1];
      var bar = cell.querySelector('.bar');
      if (bar && value[2] !== undefined) {
        bar.firstChild.style.width = value[2] + '%';
        bar.className = value[2] >= 95 ? 'bar full' : value[2] >= 75 ? 'bar high' : 'bar';
      }
    });
    if (now.p) {
      var paths = row.querySelectorAll('path');
      if (paths.length === 2) {
        paths[0].setAttribute('d', now.p[0]);
        paths[1].setAttribute('d', now.p[1]);
      }
    }
  };
  var load = function () {
    timer = null;
    var began = Date.now();
    fetch(main.getAttribute('data-url'), { credentials: 'same-origin', cache: 'no-store' })
      .then(function (answer) {
        if (!answer.ok) throw new Error('answer ' + answer.status);
        return answer.json();
      })
      .then(function (now) {
        now.facts.forEach(function (value, i) { text(byId('fact' + i), value); });
        Object.keys(now.rows).forEach(function (key) {
          if (rows[key]) update(rows[key], now.rows[key]);
        });
        main.classList.remove('stale');
        say('live, ' + new Date().toLocaleTimeString());
        if (search && search.value) filter();
      })
      .catch(function (error) {
        main.classList.add('stale');
        say('no answer: ' + error.message);
      })
      .then(function () { again(Date.now() - began); });
  };
  var again = function (took) {
    if (!running || timer !== null) return;
    timer = setTimeout(function () {
      if (document.hidden) { timer = null; again(0); } else load();
    }, Math.max(every, took * 3));
  };
  var label = function () {
    if (button) button.textContent = running ? 'Pause' : 'Go on';
    if (!running) say('paused');
  };
  if (button && every > 0) {
    button.hidden = false;
    button.addEventListener('click', function () {
      running = !running;
      if (!running && timer !== null) { clearTimeout(timer); timer = null; }
      label();
      if (running) load();
    });
  }
  all('.nojs').forEach(function (each) { each.hidden = true; });
  if (running) again(0);
})();
`;
