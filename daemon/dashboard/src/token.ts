// The token of control.token: in this tab's memory of the browser only, never in a URL.

const key = 'candled.token';

export const token = (): string | null => sessionStorage.getItem(key);
export const forget_token = (): void => sessionStorage.removeItem(key);
export const keep_token = (value: string): void => sessionStorage.setItem(key, value);

// Whether it can go along with a WebSocket as a subprotocol: only some characters may (RFC 9110's token).
export const fits_subprotocol = (value: string): boolean => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value);
