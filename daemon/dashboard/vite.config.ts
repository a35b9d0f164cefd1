import { defineConfig } from 'vite';

// Everything comes from the daemon itself and nothing is inline: its Content-Security-Policy allows neither.
export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    sourcemap: false,
  },
});
