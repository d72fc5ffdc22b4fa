// Leaflet itself and what every map of ours shares. Loaded only with the first map.
import 'leaflet/dist/leaflet.css'
import type { Map } from 'leaflet'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { allowLeafletProbe } from '../../lib/trusted.ts'

// Leaflet probes the browser with a line of HTML as it loads, so the policy has to be there before it is.
allowLeafletProbe()
export const L = (await import('leaflet')).default

// Leaflet writes its scale as HTML, which the policy refuses; a text does as well.
export class Scale extends L.Control.Scale {
  protected _updateScale(line: HTMLElement, text: string, ratio: number): void {
    line.style.width = `${Math.round((this.options.maxWidth ?? 100) * ratio)}px`
    line.textContent = text
    line.classList.add('text-xs')
  }
}

/** Takes a map away for good. Leaflet forgets that it may be in the middle of a zoom or a resize, and calls back into nothing. */
export function close(map: Map): void {
  map.off('moveend')
  Object.assign(map, { _animatingZoom: false })
  clearTimeout((map as Map & { _sizeTimer?: number })._sizeTimer)
  map.remove()
}

export const TEAL = '#0d5c5c'
export const AMBER = '#b45309'

/** Draws the outlines of regions below everything else: the map's ground, as there are no tiles. */
export function outlineOn(map: Map, topology: unknown): void {
  const whole = topology as Topology<Record<string, GeometryCollection>>
  for (const object of Object.values(whole.objects)) {
    L.geoJSON(feature(whole, object), { interactive: false, style: { color: '#8aa5aa', weight: 1, fillColor: '#f4f8f8', fillOpacity: 1 } }).addTo(map).bringToBack()
  }
}
