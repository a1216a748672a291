// `mount(element, options, callbacks)`: the element by a function call, its options checked (crates/mount).

import { file, loadScript } from './files.js'

const [{ default: start, mount }] = await Promise.all([loadScript('nidan-mount.js'), loadScript('nidan-flow.js')])
await start({ module_or_path: file('nidan-mount_bg.wasm') })

export { mount }
