// A login that another browser approves: where it asks, and the browser that shows its code.

import { app, login, now, refused, sms, view } from './service.js'

const methods = [app(), sms()]
const opening = login(methods).verification
const ERROR = '.nidan-error:not(:empty)'

// The login that asks.
const asks = (name, walk, answers = {}) => ({
  name: `login-${name}`, purpose: 'verify', walk, answers: { '/v1/flow': () => login(methods, { verification: { ...opening, approval: true } }), '/v1/flow/approvals': { id: 'one', expires_at: now() + 300 }, ...answers },
})
const toWays = async (at) => { await at.step('code'); await at.press('.nidan-aside button', 0); await at.step('ways') }
const toApproval = async (at) => { await toWays(at); await at.press('.nidan-ways button', 2); await at.step('approval') }
const toCode = async (at) => { await toApproval(at); await at.press('[part~="button-main"]', 0); await at.find('#nidan-code', 0) }
const typed = async (at) => { await toCode(at); await at.type('nidan-code', '000000'); await at.find(ERROR, 0) }
const says = (code, more, status) => ({ '/v1/flow/verification': refused(code, more, status) })

// The browser that shows the code.
const waiting = (changes = {}) => ({ id: 'one', asked_at: now() - 20, expires_at: now() + 280, client_description: 'Chrome, Windows（大阪）', state: 'waiting', ...changes })
const approve = (name, walk, logins = [waiting()], answers = {}) => ({
  name: `approve-${name}`, purpose: 'approve', walk,
  answers: { '/v1/flow': () => view({ purpose: 'approve', enrolment: null, methods: [], password_url: 'https://example.com/password' }), '/v1/flow/approvals': { logins }, '/v1/flow/approvals/one/show': { code: '481902', expires_at: now() + 280 }, ...answers },
})
const at = (step) => async (on) => on.step(step)
const press = async (on) => { await on.step('waiting'); await on.press('.nidan-ways button', 0) }
const becomes = (step) => async (on) => { await press(on); await on.step(step) }
/** What waited when it was pressed, and is this from then on. */
const then = (logins) => ({ '/v1/flow/approvals': (count) => ({ logins: count > 1 ? logins : [waiting()] }) })
const toReport = async (on) => { await on.step('waiting'); await on.press('.nidan-actions button', 0); await on.step('report') }

export const approving = [
  asks('ways-approval', toWays),
  asks('approval', toApproval),
  asks('approval-closed', async (on) => { await toApproval(on); await on.press('[part~="button-main"]', 0); await on.find(ERROR, 0) }, { '/v1/flow/approvals': refused('method_not_offered', { field: 'approval' }, 422) }),
  asks('approval-code', toCode),
  asks('approval-wrong', typed, says('code_wrong', { attempts_left: 3 }, 422)),
  asks('approval-over', typed, says('code_expired', {}, 422)),
  approve('none', at('none'), []),
  approve('waiting', at('waiting')),
  approve('several', at('waiting'), [waiting({ client_description: undefined }), waiting({ id: 'two', asked_at: now() - 90 })]),
  approve('code', async (on) => { await becomes('code')(on); await on.find('.nidan-keys', 0) }),
  approve('not-shown', async (on) => { await press(on); await on.find(ERROR, 0) }, undefined, { '/v1/flow/approvals/one/show': refused('internal', {}, 500) }),
  approve('answered', becomes('answered'), undefined, then([waiting({ state: 'answered' })])),
  approve('over', becomes('over'), undefined, then([])),
  approve('report', toReport),
  approve('reported', async (on) => { await toReport(on); await on.go('report'); await on.step('reported') }, undefined, { '/v1/flow/report': { outcome: 'reported', browsers_forgotten: 1, logins: [], host_notified: true } }),
  approve('expired', at('expired'), [], { '/v1/flow': refused('flow_expired', {}, 401) }),
  approve('superseded', at('superseded'), [], { '/v1/flow': refused('flow_conflict', {}, 409) }),
]
