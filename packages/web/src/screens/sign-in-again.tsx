import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'

import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { useConnection, useLive } from '../live/use-live.ts'
import { pageAddress } from '../page-address.ts'
import { forgetKept } from '../use-kept.ts'
import { SignInForm } from './sign-in-form.tsx'

const WORDS = {
  ended: {
    veil: 'blurred',
    title: 'Sign in again',
    text: 'Your session has ended. What you have written is kept.',
  },
  disabled: {
    veil: 'hidden',
    title: 'Your account is disabled',
    text: 'An administrator has disabled it. Ask one to enable it, then sign in here: what you have written is kept.',
  },
} as const

/** The session ended while the page was open: sign in where one is, and nothing is lost. */
export function SignInAgain() {
  const live = useLive()
  const { api, me, reconnect } = live
  const client = useQueryClient()
  const connection = useConnection()
  const path = useLocation({ select: (location) => location.pathname })
  const config = useQuery({ queryKey: ['config'], queryFn: () => api.config() })
  const { title, text, veil } = WORDS[connection.kind === 'signed_out' ? connection.why : 'ended']
  const leave = () => {
    live.close()
    // A new page, and what was written here goes: the next person may be somebody else.
    forgetKept()
    location.assign(pageAddress('/sign-in'))
  }
  return (
    <Dialog label={title} veil={veil} onClose={() => undefined}>
      <div className="max-h-[inherit] space-y-4 overflow-y-auto p-6">
        <div>
          <h2 className="text-xl font-semibold tracking-tight">{title}</h2>
          <p className="mt-1 text-sm text-muted">{text}</p>
        </div>
        <SignInForm
          api={api}
          email={me.email}
          providers={config.data?.auth.providers ?? []}
          returnTo={path}
          onDone={async () => {
            const now = await api.me()
            if (now.id !== me.id) location.assign(pageAddress('/'))
            reconnect()
            await client.invalidateQueries()
          }}
        />
        <Button small kind="quiet" className="-ml-3" onClick={leave}>
          Sign in as somebody else
        </Button>
      </div>
    </Dialog>
  )
}
