import react from '@vitejs/plugin-react'
import vue from '@vitejs/plugin-vue'

export default {
  plugins: [
    react(),
    // Vue must know which tags are elements and no components of its own.
    vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('nidan-') } } }),
  ],
  build: { target: 'es2022', rollupOptions: { input: ['plain', 'react', 'vue'].map((name) => `./${name}/index.html`) }, modulePreload: { polyfill: false } },
}
