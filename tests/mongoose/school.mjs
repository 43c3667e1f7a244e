// The school's own program, as far as it touches the appointments: by mongoose, with its own fields.
import mongoose from "mongoose";

const [uri, command] = process.argv.slice(2);

const schema = new mongoose.Schema(
  {
    appointmentId: { type: String, required: true },
    leadId: { type: String, required: true },
    leadName: { type: String, required: true },
    teacherId: { type: String, required: true },
    teacherName: { type: String, required: true },
    serviceId: { type: String, required: true },
    serviceName: { type: String, required: true },
    startDateTime: { type: Date, required: true },
    endDateTime: { type: Date, required: true },
    status: { type: String, enum: ["0", "1", "-1", "2"] },
    IsTrial: { type: Boolean, default: false },
    isDeleted: { type: Boolean, default: false },
    leadPurchasedCourse: String,
    courseePurchaseDate: Date,
  },
  { timestamps: true, collection: "altegio-appointments", autoIndex: false },
);
if (command === "sync-indexes-declared") {
  schema.index(
    { appointmentId: 1 },
    { unique: true, name: "appointmentId_1", partialFilterExpression: { appointmentId: { $exists: true } } },
  );
  schema.index({ startDateTime: 1 });
}
const Appointment = mongoose.model("Appointment", schema);

const commands = {
  async write() {
    let input = "";
    for await (const part of process.stdin) input += part;
    await Appointment.insertMany(JSON.parse(input));
    return {};
  },
  async read() {
    const invalid = [];
    const documents = await Appointment.find();
    for (const document of documents) {
      try {
        await document.validate();
        await document.save();
      } catch (error) {
        invalid.push(`${document.appointmentId}: ${error.message}`);
      }
    }
    const dates = documents.every((each) => each.startDateTime instanceof Date);
    return { count: documents.length, invalid, dates };
  },
  async "sync-indexes"() {
    return { dropped: await Appointment.syncIndexes() };
  },
  async "sync-indexes-declared"() {
    return { dropped: await Appointment.syncIndexes() };
  },
};

await mongoose.connect(uri);
console.log(JSON.stringify(await commands[command]()));
await mongoose.disconnect();
