import type { Run, ThreadState, TimelineEntry, ToolCall } from './thread-state.ts'

/*
 * Changes of one item of a list. Only the list and the item are copied, everything else is shared;
 * the item is looked for from the end, where all that streams is.
 */

export function changeRun(
  state: ThreadState,
  runId: string,
  change: (run: Run) => Run,
): ThreadState {
  const index = state.runs.findLastIndex((run) => run.id === runId)
  const run = state.runs[index]
  return run ? { ...state, runs: state.runs.with(index, change(run)) } : state
}

/** A tool call's id comes from the model and is unique in its run only. */
export interface ToolCallKey {
  run_id: string
  tool_call_id: string
}

export function changeToolCall(
  state: ThreadState,
  key: ToolCallKey,
  change: (call: ToolCall) => ToolCall,
): ThreadState {
  const index = state.tool_calls.findLastIndex(
    (call) => call.id === key.tool_call_id && call.run_id === key.run_id,
  )
  const call = state.tool_calls[index]
  return call ? { ...state, tool_calls: state.tool_calls.with(index, change(call)) } : state
}

/** Notes once, at the run's end so far, that something happened. */
export function noteInTimeline(
  state: ThreadState,
  runId: string,
  entry: TimelineEntry,
): ThreadState {
  return changeRun(state, runId, (run) =>
    run.timeline.some((known) => known.kind === entry.kind && known.id === entry.id)
      ? run
      : { ...run, timeline: [...run.timeline, entry] },
  )
}
