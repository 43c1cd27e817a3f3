export async function startRecognize() {}
