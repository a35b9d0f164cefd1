// Elements by code. Text goes in as text, never as markup: strings of providers and of files are not ours.

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

// el('button', { class: 'small', onclick: f, disabled: true }, 'Cancel'): an attribute that is false or undefined is left
// out, `onNAME` is a listener.
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

export function text(element: Element, value: string): void {
  if (element.textContent !== value) element.textContent = value;
}

export function attribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export const show = (element: HTMLElement, visible: boolean): void => {
  element.hidden = !visible;
};

// Children of `parent` that stand for items, one each and in their order, after the child `anchor` or from the first
// on. What is there already is kept, with its focus, and only updated.
export class Keyed<T> {
  private readonly rows = new Map<string, { element: HTMLElement; update: (item: T) => void }>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly key: (item: T) => string,
    private readonly create: (item: T) => { element: HTMLElement; update: (item: T) => void },
    private readonly anchor: Element | null = null,
  ) {}

  show(items: readonly T[]): void {
    const wanted = new Set(items.map(this.key));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    let before = this.anchor;
    for (const item of items) {
      const key = this.key(item);
      let row = this.rows.get(key);
      if (!row) {
        row = this.create(item);
        this.rows.set(key, row);
      }
      row.update(item);
      const place: Element | null = before ? before.nextElementSibling : this.parent.firstElementChild;
      if (place !== row.element) this.parent.insertBefore(row.element, place);
      before = row.element;
    }
  }
}

export const cells = (...values: (string | Node)[]): HTMLTableRowElement =>
  el('tr', {}, ...values.map((value) => el('td', {}, value)));

// A table with a caption for those who cannot see the heading above it, wide ones scroll by themselves. A head that
// begins with # is of numbers.
export function table(caption: string, heads: string[], body: HTMLElement | null): HTMLElement {
  return el(
    'div',
    { class: 'scroll-x', tabindex: 0, role: 'region', 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', { class: 'unseen' }, caption),
      el('thead', {}, el('tr', {}, ...heads.map((head) =>
        el('th', { scope: 'col', class: head.startsWith('#') && 'number' }, head.replace('#', ''))))),
      body,
    ),
  );
}
