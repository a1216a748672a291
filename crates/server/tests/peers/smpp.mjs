// A carrier: the SMPP server of the npm package `smpp`. Tells in lines of JSON what it got, and does what lines of JSON
// on its standard input tell it.
import { createInterface } from "node:readline";

import smpp from "smpp";

const options = process.env.TLS_KEY ? { key: process.env.TLS_KEY, cert: process.env.TLS_CERT } : {};
const tell = (what) => console.log(JSON.stringify(what));
let [number, session, silent] = [0, undefined, false];
/** Statuses for the next messages. */
const refusals = [];

const server = smpp.createServer(options, (connected) => {
  session = connected;
  session.on("bind_transceiver", (pdu) => {
    const known = pdu.system_id === "nidan" && pdu.password === "password";
    tell({ bind: { known, version: pdu.interface_version, system_type: pdu.system_type } });
    connected.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RBINDFAIL }));
  });
  session.on("submit_sm", (pdu) => {
    const { destination_addr, dest_addr_ton, dest_addr_npi, source_addr, source_addr_ton, source_addr_npi } = pdu;
    const { esm_class, validity_period, registered_delivery, data_coding, short_message } = pdu;
    const command_status = refusals.shift() ?? smpp.ESME_ROK;
    const message_id = `Carrier-${(number += 1)}F`;
    tell({
      submit: {
        message_id, command_status, destination_addr, dest_addr_ton, dest_addr_npi, source_addr, source_addr_ton,
        source_addr_npi, esm_class, registered_delivery, data_coding,
        valid_for_s: Math.round((validity_period.getTime() - Date.now()) / 1000), text: short_message.message, header: short_message.udh ? [...short_message.udh[0]] : null,
      },
    });
    if (!silent) connected.send(pdu.response({ command_status, message_id }));
  });
  session.on("enquire_link", (pdu) => {
    tell({ enquire_link: true });
    connected.send(pdu.response());
  });
  session.on("deliver_sm_resp", (pdu) => tell({ receipt_answered: pdu.command_status }));
  session.on("close", () => tell({ closed: true }));
  session.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => tell({ listening: server.address().port }));

const orders = {
  /** By its text, as appendix B of SMPP 3.4 has it. */
  receipt: ({ id, stat }) =>
    session.deliver_sm({
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, source_addr: "819012345678", destination_addr: "NIDAN",
      short_message: `id:${id} sub:001 dlvrd:001 submit date:2611240900 done date:2611240901 stat:${stat} err:000 text:`,
    }),
  /** By its fields. */
  fields: ({ id, state }) =>
    session.deliver_sm({
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, receipted_message_id: id, message_state: smpp.MESSAGE_STATE[state],
      short_message: "",
    }),
  /** What a person sends back. */
  reply: ({ text }) => session.deliver_sm({ source_addr: "819012345678", short_message: text }),
  refuse: ({ status }) => refusals.push(smpp[status]),
  silent: (on) => (silent = on),
  drop: () => session.socket.destroy(),
  unbind: () => session.unbind(),
};
for await (const line of createInterface({ input: process.stdin })) {
  for (const [name, value] of Object.entries(JSON.parse(line))) orders[name](value);
}
