import { useEffect, useRef } from 'react'
import { redeem } from '../shop.js'

/** The element as a component. React 19 sets its attributes and properties; its events are listened to by name. */
export function TwoStep({ purpose, token, onDone, onRestart }) {
  const flow = useRef(null)
  useEffect(() => {
    const element = flow.current
    const complete = async (event) => {
      event.preventDefault()
      await redeem(purpose, event.detail.resultCode)
      onDone()
    }
    const restart = (event) => { event.preventDefault(); onRestart() }
    element.addEventListener('nidan-complete', complete)
    element.addEventListener('nidan-restart', restart)
    return () => {
      element.removeEventListener('nidan-complete', complete)
      element.removeEventListener('nidan-restart', restart)
    }
  }, [purpose, token, onDone, onRestart])
  // The element replaces its children while it runs and brings them back afterwards: React must not look after them.
  return <nidan-flow ref={flow} service="/2sv" flow-token={token} purpose={purpose} locale="en" dom="shadow" />
}
