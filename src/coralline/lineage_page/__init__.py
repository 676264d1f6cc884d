"""The page of lineage: a server that shows what a store of ML Metadata holds, and changes nothing. No TensorFlow."""
