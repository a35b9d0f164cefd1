// Asks for the token, once, and says what to do when there is none. Changes go through `change`.
import { ApiError, error_words } from './api.js';
import { el, text } from './dom.js';
import { forget_token, keep_token, token } from './token.js';

export interface Changes {
  allowed: boolean; // whether the daemon has a token configured
  on_token: () => void;
  say: (words: string, kind?: 'error') => void;
}

export const changes: Changes = { allowed: false, on_token: () => {}, say: () => {} };

function dialog(title: string, ...content: (Node | string)[]): HTMLDialogElement {
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const element = el('dialog', { 'aria-labelledby': id }, el('h2', { id }, title), ...content);
  element.addEventListener('close', () => element.remove());
  document.body.append(element);
  element.showModal();
  return element;
}

const code = (words: string): HTMLElement => el('pre', { tabindex: 0 }, el('code', {}, words));

// How to make changes possible, and how to do without. `command` does the same in a shell.
export function explain_no_token(command: string): void {
  const close = el('button', { type: 'button' }, 'Close');
  const element = dialog(
    'This daemon takes no changes over HTTP',
    el('p', {}, 'It has no token configured. In a shell on its machine, this does the same:'),
    code(command),
    el('p', {}, 'To change things from this page, make a token, put its hash into the configuration file, and restart:'),
    code(
      "openssl rand -hex 32 | tee token | tr -d '\\n' | sha256sum\n\n" +
        'control:\n  listen: 127.0.0.1:8787\n  token_sha256: THE_HASH_THAT_IT_PRINTED',
    ),
    el('p', {}, 'Then this page asks for what is in the file “token”.'),
    el('div', { class: 'row end' }, close),
  );
  close.addEventListener('click', () => element.close());
}

// The token that a person types, or null. `what` needs it; `why`: what was wrong with the last one; `command`: what does
// the same in a shell, where there is one.
export function ask_token(what: string, why: string, command: string): Promise<string | null> {
  return new Promise((resolve) => {
    const input = el('input', {
      type: 'password', id: 'token-input', required: true, autocomplete: 'off', spellcheck: 'false',
      'aria-describedby': 'token-help token-error',
    });
    const form = el(
      'form',
      { method: 'dialog' },
      el('label', { for: 'token-input' }, 'Token'),
      input,
      el('p', { id: 'token-error', class: 'bad', role: 'alert' }, why),
      el('p', { id: 'token-help', class: 'quiet' },
        'The one that the configuration\'s control section has the hash of. It is kept until this tab is closed.'),
    );
    if (command) form.append(el('details', {}, el('summary', {}, 'In a shell instead'), code(command)));
    const stop = el('button', { type: 'button' }, 'Not now');
    form.append(el('div', { class: 'row end' }, stop, el('button', { type: 'submit', class: 'primary' }, 'Use it')));
    const element = dialog(`${what} needs the token`, form);
    let given: string | null = null;
    form.addEventListener('submit', () => (given = input.value.trim()));
    stop.addEventListener('click', () => element.close());
    element.addEventListener('close', () => resolve(given || null));
    input.focus();
  });
}

// Does `work`, which needs the token; asks for it where it is missing or wrong. `command` does the same in a shell;
// `done` is said when it went well. Returns whether it did.
export async function change<T>(work: () => Promise<T>, command: string, done: (result: T) => string): Promise<boolean> {
  if (!changes.allowed) {
    explain_no_token(command);
    return false;
  }
  let why = '';
  let is_new = false;
  for (;;) {
    if (!token()) {
      const given = await ask_token('Changing something', why, command);
      if (given === null) return false;
      keep_token(given);
      is_new = true;
    }
    try {
      const result = await work();
      if (is_new) changes.on_token();
      changes.say(done(result));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'no_token_configured') {
        explain_no_token(command);
        return false;
      }
      if (error instanceof ApiError && (error.status === 401 || error.code === 'too_many_wrong_tokens')) {
        forget_token();
        why = error.status === 429 ? 'Too many wrong tokens: wait a minute.' : 'That is not the token. Try again.';
        continue;
      }
      changes.say(`That did not work: ${error_words(error)}`, 'error');
      return false;
    }
  }
}

// A button that does a change, and cannot be pressed twice meanwhile.
export function change_button<T>(
  words: string,
  label: string,
  work: () => Promise<T>,
  command: () => string,
  done: (result: T) => string,
  after: () => void = () => {},
): HTMLButtonElement {
  const button = el('button', { type: 'button', 'aria-label': label }, words);
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    void change(work, command(), done).finally(() => {
      button.removeAttribute('aria-disabled');
      after();
    });
  });
  return button;
}

// Where a question failed: what, and how it goes on.
export function trouble(): { element: HTMLElement; show: (error: unknown) => void; clear: () => void } {
  const element = el('p', { class: 'trouble', hidden: true });
  return {
    element,
    show: (error) => {
      const id = error instanceof ApiError && error.request_id ? ` (request ${error.request_id} in the log)` : '';
      text(element, `${error_words(error)}${id}. It is tried again.`);
      element.hidden = false;
    },
    clear: () => {
      element.hidden = true;
    },
  };
}
