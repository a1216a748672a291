// A project that uses the package: it must type-check, and so must each mistake marked below be one.

import 'nidan-flow'
import type { NidanFlowAttributes } from 'nidan-flow'
import { mount } from 'nidan-flow/mount.js'

const attributes: NidanFlowAttributes = { service: '/2sv', 'flow-token': 'x'.repeat(43), purpose: 'verify', 'manual-submit': '', dom: 'shadow' }
const element = document.createElement('nidan-flow')
for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
element.messages = { 'login.title': 'Your code' }
element.addEventListener('nidan-complete', (event) => {
  event.preventDefault()
  const code: string = event.detail.resultCode
  // @ts-expect-error the detail has nothing else
  void event.detail.secret
  void fetch('/login/2sv', { method: 'POST', body: code })
})
element.addEventListener('nidan-reported', () => console.log('reported'))
element.addEventListener('nidan-restart', (event) => event.preventDefault())
element.addEventListener('nidan-error', ({ detail }) => { if (detail.reason === 'option') console.log(detail.option, detail.allowed) })
// @ts-expect-error there is no such purpose
const wrong: NidanFlowAttributes = { ...attributes, purpose: 'remove' }
void wrong
document.body.append(element)
const focused: boolean = element.focusFirst()
void focused

const widget = mount(document.body, { service: '/2sv', flowToken: 'x'.repeat(43), dom: 'light' }, {
  onStep: ({ step }) => console.log(step === 'code'),
  onComplete: ({ resultCode }, event) => { event.preventDefault(); void resultCode },
})
// @ts-expect-error there is no such option
mount(document.body, { service: '/2sv', flowTokn: '' })
// @ts-expect-error there is no such callback
mount(document.body, { service: '/2sv', flowToken: '' }, { onDone: () => {} })
widget.unmount()
