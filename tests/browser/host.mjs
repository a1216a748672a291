// Pages of hosts, as tests need them: any markup around the element, and the service's answers from the gallery.

import { url } from './lib.mjs'

export const TOKEN = 'h'.repeat(43)
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/** The element as a host writes it. */
export const element = (attributes = '', fallback = '<p id="fallback">Please use a newer browser.</p>') =>
  `<nidan-flow service="/gallery-service" flow-token="${TOKEN}" locale="en" ${attributes}>${fallback}</nidan-flow>`

/**
 * A page with this body. Before the element's script runs, `setUp` does, with the gallery's service at hand; every event of
 * the element is kept in `window.heard`, every line of the console in `lines`.
 */
export async function hostPage(shared, body, { setUp = '', purpose = 'verify', policy = POLICY, script = true, view = {} } = {}) {
  const context = await shared.newContext({ viewport: { width: 480, height: 800 }, locale: 'en-US' })
  const page = await context.newPage()
  const lines = []
  page.on('console', (message) => { if (message.type() === 'error') lines.push(message.text()) })
  page.on('pageerror', ({ message }) => lines.push(`error: ${message}`))
  const answers = purpose === 'verify' ? "{ '/v1/flow': () => service.login([service.app(), service.sms()]) }" : `{ '/v1/flow': () => service.view(${JSON.stringify(view)}) }`
  await page.route(`${url}/host/**`, (route) => {
    const path = new URL(route.request().url()).pathname
    if (path.endsWith('.js')) {
      return route.fulfill({ contentType: 'text/javascript', body: `import * as service from '/gallery/service.js'
        window.heard = []
        for (const name of ['ready', 'step', 'complete', 'cancel', 'expired', 'error', 'restart'])
          addEventListener('nidan-' + name, (event) => { heard.push([name, event.detail, event.bubbles, event.composed, event.cancelable]); if (name === 'complete' || name === 'restart') event.preventDefault() })
        service.answering(${answers})
        ${setUp}
        ${script ? "await import('/nidan/nidan-flow.js')" : ''}
        window.loaded = true` })
    }
    return route.fulfill({ contentType: 'text/html', headers: { 'Content-Security-Policy': policy },
      body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title><script type="module" src="/host/page.js"></script><body>${body}</body></html>` })
  })
  await page.goto(`${url}/host/page.html`)
  return { page, context, lines, heard: (name) => page.evaluate((name) => heard.filter(([one]) => one === name).map(([, detail]) => detail), name) }
}

/** Until an event of this name was heard so often. */
export const hears = (page, name, times = 1) =>
  page.waitForFunction(([name, times]) => window.heard?.filter(([one]) => one === name).length >= times, [name, times])
