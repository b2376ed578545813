
'use strict';
// Everything from the data is put on the page as text; nothing here makes markup of it.
(() => {
  const STEP = 100;
  const PRINTED = 5000;
  const data = JSON.parse(document.getElementById('data').textContent);
  const text = document.getElementById('text');
  const code = document.getElementById('code');

  const make = (name, content, look) => {
    const node = document.createElement(name);
    if (content) node.textContent = content;
    if (look) node.className = look;
    return node;
  };
  const cell = (...parts) => {
    const node = make('td');
    const full = parts.filter((part) => part.textContent);
    if (full.length) {
      const box = make('div');
      box.append(...full);
      node.append(box);
    }
    return node;
  };
  const flaw = ([severity, name, standing, who, what, stake, fix, hint, mark]) => [
    cell(make('p', name, severity), make('p', standing || severity, 'small')),
    cell(...who.map((id) => make('p', id, 'id'))),
    cell(make('p', what)),
    cell(make('p', stake)),
    cell(make('p', fix, 'id'), make('p', hint), make('p', mark, 'small')),
  ];
  const person = (row) => [
    ...row.slice(0, 6).map((value, at) => cell(make('p', value, at === 1 || at > 3 ? '' : 'id'))),
    row[6].length
      ? cell(...row[6].map((name) => make('p', name, data.severity[name] || 'note')))
      : cell(make('p', 'sound', 'sound')),
  ];

  class List {
    constructor(id, rows, draw, codes) {
      this.section = document.getElementById(id);
      this.body = this.section.querySelector('tbody');
      this.names = [...this.section.querySelectorAll('th')].map((head) => head.textContent);
      this.more = this.section.querySelector('.more');
      this.count = this.section.querySelector('.count');
      this.rows = rows.map((row) => [row, codes(row), row.flat().join('\n').toLowerCase()]);
      this.draw = draw;
      this.section.hidden = rows.length === 0;
    }

    choose(words, wanted) {
      this.chosen = this.rows.filter(([, codes, all]) =>
        (wanted === '' || (wanted === ' ' ? !codes.length : codes.includes(wanted)))
        && words.every((word) => all.includes(word)));
      this.body.replaceChildren();
      this.shown = 0;
      this.show(STEP);
    }

    show(most) {
      const next = this.chosen.slice(this.shown, this.shown + most);
      const drawn = document.createDocumentFragment();
      for (const [row] of next) {
        const line = make('tr');
        line.append(...this.draw(row));
        [...line.children].forEach((child, at) => { child.dataset.name = this.names[at]; });
        drawn.append(line);
      }
      this.body.append(drawn);
      this.shown += next.length;
      const [found, all] = [this.chosen.length, this.rows.length].map((n) => n.toLocaleString('en'));
      this.count.textContent = found === all ? all : `${found} of ${all}`;
      this.more.replaceChildren();
      const left = this.chosen.length - this.shown;
      if (left) {
        const step = make('button', `show ${Math.min(left, STEP)} more`);
        step.type = 'button';
        step.addEventListener('click', () => this.show(STEP));
        this.more.append(step, `${left.toLocaleString('en')} not shown`);
      }
    }
  }

  const lists = [
    new List('flaws', data.flaws, flaw, (row) => [row[1]]),
    new List('people', data.people, person, (row) => row[6]),
  ];
  const choose = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const list of lists) list.choose(words, code.value);
  };
  const option = (value, label) => {
    const node = make('option', label);
    node.value = value;
    code.append(node);
  };
  if (data.people.length) option(' ', 'none: sound users');
  for (const name of data.codes) option(name, name);

  let waiting;
  text.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(choose, 80);
  });
  code.addEventListener('change', choose);
  const form = document.getElementById('filter');
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  window.addEventListener('beforeprint', () => {
    for (const list of lists) list.show(PRINTED - list.shown);
  });
  choose();
})();
