import { ApprovalsApi, type WaitingCall } from '@netra/client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { useLive, useUser } from '../../live/use-live.ts'

export function useApprovalsApi(): ApprovalsApi {
  const { api } = useLive()
  return useMemo(() => new ApprovalsApi(api.requests), [api])
}

const keyOf = ({ run_id, tool_call_id }: { run_id: string; tool_call_id: string }): string =>
  `${run_id} ${tool_call_id}`

/**
 * What waits for the person. The live connection says what there is, on every device at once; the
 * request brings what is to be read of it.
 */
export function useWaiting() {
  const user = useUser()
  const approvalsApi = useApprovalsApi()
  const open = user.state.approvals.map((item) => `${keyOf(item)} ${item.expires_at}`).toSorted()
  const query = useQuery({
    queryKey: ['approvals', open],
    queryFn: ({ signal }) => approvalsApi.waiting(signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  const known = new Set(user.state.approvals.map(keyOf))
  const isThere = (call: WaitingCall) => user.phase === 'loading' || known.has(keyOf(call))
  return { query, calls: (query.data ?? []).filter(isThere), isLive: user.phase !== 'loading' }
}
