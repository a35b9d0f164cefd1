// Light, dark, or as the system has it. Canvas drawings ask for the colours, and draw anew when they change.

type Theme = 'system' | 'light' | 'dark';
const key = 'candled.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners: (() => void)[] = [];

function chosen(): Theme {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : 'system';
}

function apply(): void {
  const theme = chosen();
  document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  for (const listener of listeners) listener();
}

export const on_theme = (listener: () => void): void => void listeners.push(listener);

export const is_dark = (): boolean => document.documentElement.dataset.theme === 'dark';

// The value of a custom property of style.css, such as '--grid'.
export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function connect_theme(select: HTMLSelectElement): void {
  select.value = chosen();
  select.addEventListener('change', () => {
    if (select.value === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, select.value);
    apply();
  });
  dark.addEventListener('change', apply);
  apply();
}
