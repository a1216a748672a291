import { useCallback, useEffect, useState } from 'react'
import { api } from '../shop.js'
import { TwoStep } from './TwoStep.jsx'

export function App() {
  const [me, setMe] = useState(null)
  const [flow, setFlow] = useState(null)
  const [told, setTold] = useState('')
  const look = useCallback(async () => { setFlow(null); setMe(await api('me')) }, [])
  useEffect(() => { look() }, [look])

  async function signIn(event) {
    event.preventDefault()
    try {
      const { flow_token: token } = await api('sign-in', Object.fromEntries(new FormData(event.target)))
      if (token) setFlow({ purpose: 'verify', token })
      else look()
    } catch ({ message }) { setTold(`Not signed in: ${message}`) }
  }
  const turnOn = async () => setFlow({ purpose: 'enroll', token: (await api('two-step', {})).flow_token })

  if (flow) return <TwoStep {...flow} onDone={look} onRestart={look} />
  if (!me) return <p role="status">Loading…</p>
  if (!me.email) {
    return (
      <form onSubmit={signIn}>
        <label>Email <input name="email" type="email" autoComplete="username" required /></label>
        <label>Password <input name="password" type="password" autoComplete="current-password" required /></label>
        <button>Sign in</button>
        <p role="alert">{told}</p>
      </form>
    )
  }
  return (
    <>
      <p>Signed in as {me.email}. Two-step verification is {me.two_step.enrolled ? 'on' : 'off'}.</p>
      {!me.two_step.enrolled && <button onClick={turnOn}>Turn on two-step verification</button>}
    </>
  )
}
