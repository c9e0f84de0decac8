import { ReportApi, type Report } from '@netra/client'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'

import { useLive } from '../../live/use-live.ts'

/** A report never changes once it is made. */
export function useReport(fileId: string): UseQueryResult<Report> {
  const { api } = useLive()
  return useQuery({
    queryKey: ['report', fileId],
    queryFn: ({ signal }) => new ReportApi(api.requests).report(fileId, signal),
    staleTime: Infinity,
    retry: false,
  })
}
