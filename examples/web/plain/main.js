import { api } from '../shop.js'

const main = document.querySelector('main')

/** The element as it would stand in a page that a server renders. Its form posts the result; no script of the page is needed. */
function twoStep(purpose, token) {
  const flow = document.createElement('nidan-flow')
  const path = purpose === 'verify' ? 'sign-in/complete' : 'two-step/complete'
  Object.entries({ service: '/2sv', 'flow-token': token, purpose, locale: 'en', 'complete-url': `/api/${path}?lang=en` })
    .forEach(([name, value]) => flow.setAttribute(name, value))
  flow.textContent = 'Please use a newer browser, or allow JavaScript and WebAssembly.'
  main.replaceChildren(flow)
}

function signIn() {
  const form = document.createElement('form')
  for (const [name, text, type, complete] of [['email', 'Email', 'email', 'username'], ['password', 'Password', 'password', 'current-password']]) {
    const label = document.createElement('label')
    label.append(text, Object.assign(document.createElement('input'), { name, type, autocomplete: complete, required: true }))
    form.append(label)
  }
  const told = Object.assign(document.createElement('p'), { role: 'alert' })
  form.append(Object.assign(document.createElement('button'), { textContent: 'Sign in' }), told)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      const { flow_token: token } = await api('sign-in', Object.fromEntries(new FormData(form)))
      if (token) twoStep('verify', token)
      else signedIn(await api('me'))
    } catch ({ message }) { told.textContent = `Not signed in: ${message}` }
  })
  main.replaceChildren(form)
}

function signedIn({ email, two_step: state }) {
  const hello = Object.assign(document.createElement('p'), { textContent: `Signed in as ${email}. Two-step verification is ${state.enrolled ? 'on' : 'off'}.` })
  main.replaceChildren(hello)
  if (state.enrolled) return
  const button = Object.assign(document.createElement('button'), { textContent: 'Turn on two-step verification' })
  button.addEventListener('click', async () => twoStep('enroll', (await api('two-step', {})).flow_token))
  main.append(button)
}

const me = await api('me')
if (me.email) signedIn(me)
else signIn()
