// What can be checked of accessibility without a person: names, landmarks, headings, contrast. Each gives what is wrong.

const needs_name = new Set(['button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'grid', 'meter', 'progressbar', 'dialog', 'table',
  'navigation', 'region', 'image', 'complementary', 'Date', 'listbox', 'group']);

export async function nameless(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes
    .filter((node) => !node.ignored && needs_name.has(node.role?.value) && !node.name?.value)
    .filter((node) => !(node.role.value === 'group' || node.role.value === 'image') || node.name === undefined)
    .map((node) => node.role.value);
}

export const structure = (page) =>
  page.evaluate(() => {
    const wrong = [];
    const seen = (element) => element.checkVisibility();
    if (!document.documentElement.lang) wrong.push('no language');
    if (!document.title) wrong.push('no title');
    for (const [what, selector] of [['main', 'main'], ['navigation', 'nav'], ['banner', 'header.top'], ['footer', 'footer'], ['h1', 'h1']])
      if ([...document.querySelectorAll(selector)].filter(seen).length !== 1) wrong.push(`not one ${what}`);
    let level = 0;
    for (const heading of [...document.querySelectorAll('h1, h2, h3, h4')].filter(seen)) {
      const now = Number(heading.tagName[1]);
      if (now > level + 1) wrong.push(`${heading.tagName} "${heading.textContent}" after H${level}`);
      level = now;
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) wrong.push(`the id ${id} is there twice`);
    for (const name of ['aria-labelledby', 'aria-describedby', 'aria-activedescendant', 'for'])
      for (const element of [...document.querySelectorAll(`[${name}]`)].filter(seen))
        for (const id of element.getAttribute(name).split(' ')) if (!document.getElementById(id)) wrong.push(`${name} of ${id}, which is not there`);
    for (const table of [...document.querySelectorAll('table:not([role=img] *)')].filter(seen)) {
      if (!table.caption?.textContent) wrong.push('a table without a caption');
      if (!table.querySelector('th[scope=col]')) wrong.push(`the table ${table.caption?.textContent} without heads`);
    }
    return wrong;
  });

// Text that has less contrast than WCAG AA wants: 4.5, or 3 where it is large.
export const faint = (page) =>
  page.evaluate(() => {
    const parse = (colour) => {
      const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
      return { r, g, b, a };
    };
    const over = (top, below) => ({
      r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
    });
    const ground = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
      return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
    };
    const light = ({ r, g, b }) => {
      const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const wrong = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const element = walker.currentNode.parentElement;
      if (!text || !element.checkVisibility() || element.closest('.unseen, .skip, script, noscript')) continue;
      const style = getComputedStyle(element);
      const below = ground(element);
      const [a, b] = [light(over(parse(style.color), below)), light(below)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const pixels = parseFloat(style.fontSize);
      const large = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) wrong.add(`"${text.slice(0, 30)}" has ${ratio.toFixed(2)}`);
    }
    return [...wrong];
  });
