/** A source's id is its gateway's own: two gateways may both have a `meter`. */
export function sourceKey(source: { gateway: string; id: string }): string {
  return `${source.gateway}/${source.id}`
}
