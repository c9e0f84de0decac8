import { AccountApi } from '@netra/client'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { useLive } from '../../live/use-live.ts'

/** The routes of the person's own account. */
export function useAccountApi(): AccountApi {
  const { api } = useLive()
  return useMemo(() => new AccountApi(api.requests), [api])
}

/** What the person's account is like now. */
export function useAccount() {
  const account = useAccountApi()
  return useQuery({
    queryKey: ['account'],
    queryFn: ({ signal }) => account.account(signal),
    staleTime: 0,
  })
}

/** Whether addresses are confirmed here: it takes a server that sends email. */
export function useSendsEmail(): boolean {
  const { api } = useLive()
  const config = useQuery({ queryKey: ['config'], queryFn: () => api.config() })
  return config.data?.auth.sends_email ?? false
}
