// `mount(element, options, callbacks)`: the element by a function call, its options checked (crates/mount).

import './nidan-flow.js'
import start, { mount } from './nidan-mount.js'

/** A release build writes it here. */
const HASH = ''

await start({ module_or_path: fetch(new URL('nidan-mount_bg.wasm', import.meta.url), { integrity: HASH }) })

export { mount }
