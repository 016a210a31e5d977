"""notices: what people and units are told and have to do, the public portal's lists, the merged API document."""
