/** What the demo plant's machines and points are called in German, as a bottling plant says it; English stands with each point. */
import type { Naming } from '../acquisition/config-naming.ts'

const POINTS: Readonly<Record<string, string>> = {
  // Filling machine.
  speed: 'Füllleistung',
  'speed-set-point': 'Füllleistung, Sollwert',
  'bowl-pressure': 'Kesseldruck',
  'bowl-level': 'Kesselfüllstand',
  'product-temperature': 'Produkttemperatur',
  'product-flow': 'Produktdurchfluss',
  'co2-pressure': 'CO2-Druck',
  vacuum: 'Vakuum',
  'capping-torque': 'Verschließmoment',
  'cap-chute-level': 'Verschlüsse im Zulauf',
  'fill-volume': 'Füllmenge',
  'net-weight': 'Nettogewicht',
  'drive-current': 'Hauptantrieb, Strom',
  'drive-temperature': 'Hauptantrieb, Temperatur',
  'gearbox-vibration': 'Getriebeschwingung',
  'rinser-pressure': 'Rinserdruck',
  'rinse-water-temperature': 'Spülwassertemperatur',
  'labeller-tension': 'Etikettenbahn, Zug',
  'air-pressure': 'Druckluft',
  'hall-temperature': 'Hallentemperatur',
  'hall-humidity': 'Hallenluftfeuchte',
  'bottles-total': 'Flaschen gefüllt',
  'rejects-total': 'Flaschen ausgeschleust',
  'strokes-total': 'Ventilhübe',
  step: 'Programmschritt',
  running: 'In Betrieb',
  'guard-closed': 'Schutztür geschlossen',
  'caps-low': 'Verschlüsse knapp',
  product: 'Produkt',
  lot: 'Charge',
  // Energy meter.
  'voltage-l1': 'Spannung L1',
  'voltage-l2': 'Spannung L2',
  'voltage-l3': 'Spannung L3',
  'current-l1': 'Strom L1',
  'current-l2': 'Strom L2',
  'current-l3': 'Strom L3',
  'active-power': 'Wirkleistung',
  'reactive-power': 'Blindleistung',
  'apparent-power': 'Scheinleistung',
  frequency: 'Frequenz',
  'power-factor': 'Leistungsfaktor',
  'meter-temperature': 'Zählertemperatur',
  'active-energy': 'Wirkarbeit',
  'active-energy-high': 'Wirkarbeit, Hochtarif',
  'active-energy-low': 'Wirkarbeit, Niedertarif',
  'operating-time': 'Betriebszeit',
  // Temperature logger.
  'probe-1': 'Fühler, Nordwand',
  'probe-2': 'Fühler, Südwand',
  'probe-3': 'Fühler, Decke',
  'probe-4': 'Fühler, Tür',
  'probe-5': 'Fühler, Verdampfer',
  'probe-6': 'Fühler, Palette 1',
  'probe-7': 'Fühler, Palette 2',
  humidity: 'Luftfeuchte',
  'door-open': 'Tür offen',
  // Test vehicle.
  odometer: 'Kilometerstand',
  vin: 'Fahrzeug-Identnummer',
  'vehicle-speed': 'Geschwindigkeit',
  'battery-voltage': 'Batterie',
}

/** A point's label as its configuration gives it, in both languages. */
export function labelInBoth({ id, label }: { id: string; label: string }): Naming {
  const de = POINTS[id]
  return de === undefined ? label : { en: label, de }
}
