// A project that uses the package: it must type-check, and so must each mistake marked below be one.

import 'nidan-flow'
import type { NidanFlowAttributes } from 'nidan-flow'

const attributes: NidanFlowAttributes = { service: '/2sv', 'flow-token': 'x'.repeat(43), purpose: 'verify', 'manual-submit': '' }
const element = document.createElement('nidan-flow')
for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
element.addEventListener('nidan-complete', (event) => {
  event.preventDefault()
  const code: string = event.detail.resultCode
  // @ts-expect-error the detail has nothing else
  void event.detail.secret
  void fetch('/login/2sv', { method: 'POST', body: code })
})
element.addEventListener('nidan-restart', (event) => event.preventDefault())
// @ts-expect-error there is no such purpose
const wrong: NidanFlowAttributes = { ...attributes, purpose: 'manage' }
void wrong
document.body.append(element)
